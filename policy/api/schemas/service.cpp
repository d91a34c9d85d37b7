// The body of ServiceCreate and ServiceUpdate, API 1.24 to 1.56, by Docker's types in `swarm`. A
// service's tasks are containers: what one is given of its host becomes the same facts as in a
// create body. What the Engine tells of a service that exists is read along the same rows.
#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Schema empty_object{.name = "struct{}", .fields = {}};

constexpr Field credential_spec_fields[] = {
    {"Config", Type::string, read_with_parent},  // 1.40
    {"File", Type::string, read_with_parent},
    {"Registry", Type::string, read_with_parent},
};
constexpr Schema credential_spec{.name = "CredentialSpec", .fields = credential_spec_fields};

constexpr Field selinux_fields[] = {
    {"Disable", Type::boolean, read_with_parent},
    {"User", Type::string, read_with_parent},
    {"Role", Type::string, read_with_parent},
    {"Type", Type::string, read_with_parent},
    {"Level", Type::string, read_with_parent},
};
constexpr Schema selinux{.name = "SELinuxContext", .fields = selinux_fields};

constexpr Field seccomp_fields[] = {
    {"Mode", Type::string, read_with_parent},
    {"Profile", Type::string, read_with_parent},  // base64
};
constexpr Schema seccomp{.name = "SeccompOpts", .fields = seccomp_fields};

constexpr Field apparmor_fields[] = {
    {"Mode", Type::string, read_with_parent},
};
constexpr Schema apparmor{.name = "AppArmorOpts", .fields = apparmor_fields};

constexpr Field privileges_fields[] = {
    {"CredentialSpec", Type::object, read_with_parent, &credential_spec},
    {"SELinuxContext", Type::object, read_with_parent, &selinux},
    {"Seccomp", Type::object, read_with_parent, &seccomp},    // 1.44
    {"AppArmor", Type::object, read_with_parent, &apparmor},  // 1.44
    {"NoNewPrivileges", Type::boolean, read_with_parent},           // 1.44
};
constexpr Schema privileges{.name = "Privileges", .fields = privileges_fields};

constexpr Field dns_fields[] = {
    {"Nameservers", Type::strings},
    {"Search", Type::strings},
    {"Options", Type::strings},
};
constexpr Schema dns{.name = "DNSConfig", .fields = dns_fields};

constexpr Field file_target_fields[] = {
    {"Name", Type::string},
    {"UID", Type::string},
    {"GID", Type::string},
    {"Mode", Type::uint32},
};
constexpr Schema file_target{.name = "FileTarget", .fields = file_target_fields};

constexpr Field secret_reference_fields[] = {
    {"File", Type::object, safe, &file_target},
    {"SecretID", Type::string, read_with_parent},
    {"SecretName", Type::string, read_with_parent},
};
constexpr Schema secret_reference{.name = "SecretReference", .fields = secret_reference_fields};

constexpr Field config_reference_fields[] = {
    {"File", Type::object, safe, &file_target},
    {"Runtime", Type::object, safe, &empty_object},  // 1.40
    {"ConfigID", Type::string, read_with_parent},
    {"ConfigName", Type::string, read_with_parent},
};
constexpr Schema config_reference{.name = "ConfigReference", .fields = config_reference_fields};

constexpr Field container_spec_fields[] = {
    {"Image", Type::string, read_service_image},
    {"Labels", Type::string_map, read_labels},
    {"Command", Type::strings, read_entrypoint},
    {"Args", Type::strings, read_command},
    {"Hostname", Type::string},  // 1.25
    {"Env", Type::strings, read_environment},
    {"Dir", Type::string, read_working_dir},
    {"User", Type::string, read_user},
    {"Groups", Type::strings, read_group_add},                           // 1.25
    {"Privileges", Type::object, read_service_privileges, &privileges},  // 1.30
    {"Init", Type::boolean},                                             // 1.37
    {"StopSignal", Type::string},                                        // 1.28
    {"TTY", Type::boolean},                                              // 1.25
    {"OpenStdin", Type::boolean},                                        // 1.26
    {"ReadOnly", Type::boolean, read_read_only},                         // 1.28
    {"Mounts", Type::objects, read_service_mounts, &mount_schema},
    {"StopGracePeriod", Type::int64},
    {"Healthcheck", Type::object, safe, &healthcheck_schema},               // 1.26
    {"Hosts", Type::strings, read_service_hosts},                                               // 1.26
    {"DNSConfig", Type::object, safe, &dns},                                // 1.25
    {"Secrets", Type::objects, read_secret_references, &secret_reference},  // 1.25
    {"Configs", Type::objects, read_config_references, &config_reference},  // 1.30
    {"Isolation", Type::string},                                            // of Windows
    {"Sysctls", Type::string_map, read_sysctls},                            // 1.40
    {"CapabilityAdd", Type::strings, read_cap_add},                         // 1.41
    {"CapabilityDrop", Type::strings, read_cap_drop},                       // 1.41
    {"Ulimits", Type::objects, read_ulimits, &ulimit_schema},               // 1.41
    {"OomScoreAdj", Type::int64, read_oom_score_adj},                       // 1.46
};
constexpr Schema container_spec{.name = "ContainerSpec", .fields = container_spec_fields};

constexpr Field plugin_privilege_fields[] = {
    {"name", Type::string, read_with_parent},
    {"description", Type::string},
    {"value", Type::strings, read_with_parent},
};
constexpr Schema plugin_privilege{.name = "RuntimePrivilege", .fields = plugin_privilege_fields};

constexpr Field plugin_spec_fields[] = {
    {"name", Type::string, read_plugin_name},
    {"remote", Type::string, read_plugin_name},
    {"privileges", Type::objects, read_runtime_privileges, &plugin_privilege},
    {"disabled", Type::boolean},
    {"env", Type::strings, read_plugin_settings},
};
constexpr Schema plugin_spec{.name = "RuntimeSpec", .fields = plugin_spec_fields};

constexpr Field network_attachment_fields[] = {
    {"ContainerID", Type::string, read_network_attachment},
};
constexpr Schema network_attachment{.name = "NetworkAttachmentSpec",
                                    .fields = network_attachment_fields};

constexpr Field named_resource_fields[] = {
    {"Kind", Type::string, read_generic_resource},
    {"Value", Type::string},
};
constexpr Schema named_resource{.name = "NamedGenericResource", .fields = named_resource_fields};

constexpr Field discrete_resource_fields[] = {
    {"Kind", Type::string, read_generic_resource},
    {"Value", Type::int64},
};
constexpr Schema discrete_resource{.name = "DiscreteGenericResource",
                                   .fields = discrete_resource_fields};

constexpr Field generic_resource_fields[] = {
    {"NamedResourceSpec", Type::object, safe, &named_resource},
    {"DiscreteResourceSpec", Type::object, safe, &discrete_resource},
};
constexpr Schema generic_resource{.name = "GenericResource", .fields = generic_resource_fields};

constexpr Field limit_fields[] = {
    {"NanoCPUs", Type::int64, read_nano_cpus},
    {"MemoryBytes", Type::int64, read_mem_limit},
    {"Pids", Type::int64, read_pids_limit},                        // 1.41
    {"GenericResources", Type::objects, safe, &generic_resource},  // 1.32 to 1.40
};
constexpr Schema limits{.name = "Limit", .fields = limit_fields};

constexpr Field reservation_fields[] = {
    {"NanoCPUs", Type::int64},
    {"MemoryBytes", Type::int64},
    {"GenericResources", Type::objects, safe, &generic_resource},  // 1.32
};
constexpr Schema reservations{.name = "Resources", .fields = reservation_fields};

constexpr Field resources_fields[] = {
    {"Limits", Type::object, safe, &limits},
    {"Reservations", Type::object, safe, &reservations},
    {"SwapBytes", Type::int64, read_swap_bytes},  // 1.52
    {"MemorySwappiness", Type::int64},            // 1.52
};
constexpr Schema resources{.name = "ResourceRequirements", .fields = resources_fields};

constexpr Field restart_policy_fields[] = {
    {"Condition", Type::string, read_restart_condition},
    {"Delay", Type::int64},
    {"MaxAttempts", Type::uint64},
    {"Window", Type::int64},
};
constexpr Schema restart_policy{.name = "RestartPolicy", .fields = restart_policy_fields};

constexpr Field spread_fields[] = {
    {"SpreadDescriptor", Type::string},
};
constexpr Schema spread{.name = "SpreadOver", .fields = spread_fields};

constexpr Field preference_fields[] = {
    {"Spread", Type::object, safe, &spread},
};
constexpr Schema preference{.name = "PlacementPreference", .fields = preference_fields};

constexpr Field platform_fields[] = {
    {"Architecture", Type::string},
    {"OS", Type::string},
};
constexpr Schema platform{.name = "Platform", .fields = platform_fields};

constexpr Field placement_fields[] = {
    {"Constraints", Type::strings, read_placement},
    {"Preferences", Type::objects, safe, &preference},  // 1.27
    {"MaxReplicas", Type::uint64},                      // 1.40
    {"Platforms", Type::objects, safe, &platform},      // 1.30
};
constexpr Schema placement{.name = "Placement", .fields = placement_fields};

constexpr Field network_fields[] = {
    {"Target", Type::string, read_with_parent},
    {"Aliases", Type::strings, read_aliases},
    {"DriverOpts", Type::string_map, read_with_parent},  // 1.32
};
constexpr Schema network{.name = "NetworkAttachmentConfig", .fields = network_fields};

constexpr Field task_fields[] = {
    {"ContainerSpec", Type::object, safe, &container_spec},
    {"PluginSpec", Type::object, read_plugin_spec, &plugin_spec},  // 1.31
    {"NetworkAttachmentSpec", Type::object, safe, &network_attachment},
    {"Resources", Type::object, safe, &resources},
    {"RestartPolicy", Type::object, safe, &restart_policy},
    {"Placement", Type::object, safe, &placement},
    {"Networks", Type::objects, read_service_networks, &network},  // 1.25
    {"LogDriver", Type::object, read_log_driver, &swarm_driver_schema},
    {"ForceUpdate", Type::uint64},                 // 1.25
    {"Runtime", Type::string, read_task_runtime},  // 1.31
};
constexpr Schema task{.name = "TaskSpec", .fields = task_fields};

constexpr Field replicated_fields[] = {
    {"Replicas", Type::uint64},
};
constexpr Schema replicated{.name = "ReplicatedService", .fields = replicated_fields};

constexpr Field replicated_job_fields[] = {
    {"MaxConcurrent", Type::uint64},
    {"TotalCompletions", Type::uint64},
};
constexpr Schema replicated_job{.name = "ReplicatedJob", .fields = replicated_job_fields};

constexpr Field mode_fields[] = {
    {"Replicated", Type::object, safe, &replicated},
    {"Global", Type::object, safe, &empty_object},
    {"ReplicatedJob", Type::object, safe, &replicated_job},  // 1.41
    {"GlobalJob", Type::object, safe, &empty_object},        // 1.41
};
constexpr Schema mode{.name = "ServiceMode", .fields = mode_fields};

constexpr Field update_config_fields[] = {
    {"Parallelism", Type::uint64},
    {"Delay", Type::int64},
    {"FailureAction", Type::string},
    {"Monitor", Type::int64},            // 1.25
    {"MaxFailureRatio", Type::float32},  // 1.25
    {"Order", Type::string},             // 1.29
};
constexpr Schema update_config{.name = "UpdateConfig", .fields = update_config_fields};

constexpr Field port_fields[] = {
    {"Name", Type::string},
    {"Protocol", Type::string, read_with_parent},
    {"TargetPort", Type::uint32, read_with_parent},
    {"PublishedPort", Type::uint32, read_with_parent},
    {"PublishMode", Type::string},  // 1.25
};
constexpr Schema port{.name = "PortConfig", .fields = port_fields};

constexpr Field endpoint_fields[] = {
    {"Mode", Type::string},
    {"Ports", Type::objects, read_service_ports, &port},
};
constexpr Schema endpoint{.name = "EndpointSpec", .fields = endpoint_fields};

constexpr Field service_fields[] = {
    {"Name", Type::string},
    {"Labels", Type::string_map, read_labels},
    {"TaskTemplate", Type::object, safe, &task},
    {"Mode", Type::object, safe, &mode},
    {"UpdateConfig", Type::object, safe, &update_config},
    {"RollbackConfig", Type::object, safe, &update_config},  // 1.28
    // The place of the task's networks until 1.43, and read by Engines since where there are none.
    {"Networks", Type::objects, read_service_networks, &network},
    {"EndpointSpec", Type::object, safe, &endpoint},
};

}  // namespace

constinit const Schema service_spec_schema{.name = "ServiceSpec", .fields = service_fields};

}  // namespace dockgate::policy
