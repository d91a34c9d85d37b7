// HostConfig: what a container gets of its host. Docker's type `container.HostConfig`, API 1.24 to
// 1.56; its limits are `Resources`, which it embeds.
#include "policy/api/schemas.h"
#include "policy/api/schemas/joined.h"
#include "policy/api/schemas/resources.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Field log_config_fields[] = {
    {"Type", Type::string, read_with_parent},
    {"Config", Type::string_map, read_with_parent},
};
constexpr Schema log_config{.name = "LogConfig", .fields = log_config_fields};

constexpr Field port_binding_fields[] = {
    {"HostIp", Type::string, read_with_parent},
    {"HostPort", Type::string, read_with_parent},
};
constexpr Schema port_binding{.name = "PortBinding", .fields = port_binding_fields};

constexpr Field bind_options_fields[] = {
    {"Propagation", Type::string, read_with_parent},
    {"NonRecursive", Type::boolean},            // 1.40
    {"CreateMountpoint", Type::boolean},        // 1.42
    {"ReadOnlyNonRecursive", Type::boolean},    // 1.44
    {"ReadOnlyForceRecursive", Type::boolean},  // 1.44
};
constexpr Schema bind_options{.name = "BindOptions", .fields = bind_options_fields};

constexpr Field driver_fields[] = {
    {"Name", Type::string, read_with_parent},
    {"Options", Type::string_map, read_with_parent},
};
constexpr Schema driver{.name = "Driver", .fields = driver_fields};

constexpr Field volume_options_fields[] = {
    {"NoCopy", Type::boolean},
    {"Labels", Type::string_map, read_labels},
    {"Subpath", Type::string},  // 1.45
    {"DriverConfig", Type::object, read_with_parent, &driver},
};
constexpr Schema volume_options{.name = "VolumeOptions", .fields = volume_options_fields};

constexpr Field image_options_fields[] = {
    {"Subpath", Type::string},
};
constexpr Schema image_options{.name = "ImageOptions", .fields = image_options_fields};

constexpr Field tmpfs_options_fields[] = {
    {"SizeBytes", Type::int64},
    {"Mode", Type::uint32},
    {"Options", Type::string_lists, read_tmpfs_options},  // 1.46
};
constexpr Schema tmpfs_options{.name = "TmpfsOptions", .fields = tmpfs_options_fields};

constexpr Schema cluster_options{.name = "ClusterOptions", .fields = {}};

constexpr Field mount_fields[] = {
    {"Type", Type::string, read_with_parent},
    {"Source", Type::string, read_with_parent},
    {"Target", Type::string, read_with_parent},
    {"ReadOnly", Type::boolean, read_with_parent},
    {"Consistency", Type::string},
    {"BindOptions", Type::object, read_with_parent, &bind_options},
    {"VolumeOptions", Type::object, read_with_parent, &volume_options},
    {"ImageOptions", Type::object, safe, &image_options},  // 1.48
    {"TmpfsOptions", Type::object, safe, &tmpfs_options},
    {"ClusterOptions", Type::object, safe, &cluster_options},  // 1.42
};

constexpr Field fields_before_resources[] = {
    {"Binds", Type::strings, read_binds},
    {"ContainerIDFile", Type::string},  // the Engine ignores it
    {"LogConfig", Type::object, read_log_config, &log_config},
    {"NetworkMode", Type::string, read_network_mode},
    {"PortBindings", Type::objects_map, read_port_bindings, &port_binding},
    {"RestartPolicy", Type::object, read_restart_policy, &restart_policy_schema},
    {"AutoRemove", Type::boolean},
    {"VolumeDriver", Type::string, read_volume_driver},
    {"VolumesFrom", Type::strings, read_volumes_from},
    {"ConsoleSize", Type::integers},
    {"Annotations", Type::string_map, read_annotations},      // 1.43
    {"Capabilities", Type::string_or_strings, read_cap_add},  // 1.40 alone
    {"CapAdd", Type::string_or_strings, read_cap_add},
    {"CapDrop", Type::string_or_strings, read_cap_drop},
    {"CgroupnsMode", Type::string, read_cgroupns_mode},  // 1.41
    {"Dns", Type::strings},
    {"DnsOptions", Type::strings},
    {"DnsSearch", Type::strings},
    {"ExtraHosts", Type::strings, read_extra_hosts},
    {"GroupAdd", Type::strings, read_group_add},
    {"IpcMode", Type::string, read_ipc_mode},
    {"Cgroup", Type::string, read_cgroup},
    {"Links", Type::strings, read_links},
    {"OomScoreAdj", Type::int64, read_oom_score_adj},
    {"PidMode", Type::string, read_pid_mode},
    {"Privileged", Type::boolean, read_privileged},
    {"PublishAllPorts", Type::boolean, read_publish_all_ports},
    {"ReadonlyRootfs", Type::boolean, read_read_only},
    {"SecurityOpt", Type::strings, read_security_opt},
    {"StorageOpt", Type::string_map},
    {"Tmpfs", Type::string_map, read_tmpfs},
    {"UTSMode", Type::string, read_uts_mode},
    {"UsernsMode", Type::string, read_userns_mode},
    {"ShmSize", Type::int64, read_shm_size},
    {"Sysctls", Type::string_map, read_sysctls},
    {"Runtime", Type::string, read_runtime},
    {"Isolation", Type::string},  // of Windows
};

constexpr Field fields_after_resources[] = {
    {"Mounts", Type::objects, read_mounts, &mount_schema},
    {"MaskedPaths", Type::strings, read_masked_paths},      // 1.38
    {"ReadonlyPaths", Type::strings, read_readonly_paths},  // 1.38
    {"Init", Type::boolean},                                // 1.37
};

constexpr auto host_config_fields =
    joined(fields_before_resources, resources_fields, fields_after_resources);

}  // namespace

constinit const Schema mount_schema{.name = "Mount", .fields = mount_fields};
constinit const Schema host_config_schema{.name = "HostConfig", .fields = host_config_fields};

}  // namespace dockgate::policy
