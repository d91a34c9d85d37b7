// One reader a governed field: its value, already of the field's type, into the facts. The rows of
// policy/api/schemas/ and the parameters of policy/api/operations.cpp name them. A reader leaves
// no fact for a zero value or for the Engine's own default.
#pragma once

namespace dockgate::policy {

struct Facts;
struct Json;
struct Target;
class Place;
class Reasons;

// Rights (read_rights.cpp).
void read_privileged(const Json&, const Place&, Facts&);
void read_exec_privileged(const Json&, const Place&, Facts&);
void read_cap_add(const Json&, const Place&, Facts&);
void read_cap_drop(const Json&, const Place&, Facts&);
void read_security_opt(const Json&, const Place&, Facts&);
void read_masked_paths(const Json&, const Place&, Facts&);
void read_readonly_paths(const Json&, const Place&, Facts&);
void read_user(const Json&, const Place&, Facts&);
void read_working_dir(const Json&, const Place&, Facts&);
void read_group_add(const Json&, const Place&, Facts&);
void read_read_only(const Json&, const Place&, Facts&);

// What runs (read_process.cpp).
void read_environment(const Json&, const Place&, Facts&);
void read_command(const Json&, const Place&, Facts&);
void read_entrypoint(const Json&, const Place&, Facts&);
void read_healthcheck_test(const Json&, const Place&, Facts&);
void read_healthcheck_interval(const Json&, const Place&, Facts&);
void read_shell(const Json&, const Place&, Facts&);
void read_restart_policy(const Json&, const Place&, Facts&);

// Mounts and volumes (read_mounts.cpp).
void read_binds(const Json&, const Place&, Facts&);
void read_mounts(const Json&, const Place&, Facts&);
void read_tmpfs(const Json&, const Place&, Facts&);
void read_tmpfs_options(const Json&, const Place&, Facts&);
void read_volumes_from(const Json&, const Place&, Facts&);
void read_volume_driver(const Json&, const Place&, Facts&);
void read_volume_driver_opts(const Json&, const Place&, Facts&);

// Namespaces and networks (read_namespaces.cpp).
void read_network_mode(const Json&, const Place&, Facts&);
void read_pid_mode(const Json&, const Place&, Facts&);
void read_ipc_mode(const Json&, const Place&, Facts&);
void read_uts_mode(const Json&, const Place&, Facts&);
void read_userns_mode(const Json&, const Place&, Facts&);
void read_cgroupns_mode(const Json&, const Place&, Facts&);
void read_cgroup(const Json&, const Place&, Facts&);
void read_links(const Json&, const Place&, Facts&);
void read_port_bindings(const Json&, const Place&, Facts&);
void read_publish_all_ports(const Json&, const Place&, Facts&);
void read_endpoints(const Json&, const Place&, Facts&);
void read_endpoint_driver_opts(const Json&, const Place&, Facts&);
void read_extra_hosts(const Json&, const Place&, Facts&);
void read_aliases(const Json&, const Place&, Facts&);
void read_address(const Json&, const Place&, Facts&);
void read_link_local_addresses(const Json&, const Place&, Facts&);
void read_mac_address(const Json&, const Place&, Facts&);
void read_subnet(const Json&, const Place&, Facts&);
void read_network_ingress(const Json&, const Place&, Facts&);
void read_network_container(const Json&, const Place&, Facts&);
void read_network_name(const Json&, const Place&, Facts&);
void read_network_driver(const Json&, const Place&, Facts&);
void read_network_options(const Json&, const Place&, Facts&);
void read_network_scope(const Json&, const Place&, Facts&);
void read_network_config_only(const Json&, const Place&, Facts&);
void read_network_config_from(const Json&, const Place&, Facts&);
void read_ipam_driver(const Json&, const Place&, Facts&);

// Devices, the runtime, the kernel and the log (read_host.cpp).
void read_devices(const Json&, const Place&, Facts&);
void read_device_cgroup_rules(const Json&, const Place&, Facts&);
void read_device_requests(const Json&, const Place&, Facts&);
void read_runtime(const Json&, const Place&, Facts&);
void read_cgroup_parent(const Json&, const Place&, Facts&);
void read_sysctls(const Json&, const Place&, Facts&);
void read_annotations(const Json&, const Place&, Facts&);
void read_log_config(const Json&, const Place&, Facts&);
void read_labels(const Json&, const Place&, Facts&);

// Limits (read_limits.cpp).
void read_mem_limit(const Json&, const Place&, Facts&);
void read_memswap_limit(const Json&, const Place&, Facts&);
void read_shm_size(const Json&, const Place&, Facts&);
void read_nano_cpus(const Json&, const Place&, Facts&);
void read_cpu_quota(const Json&, const Place&, Facts&);
void read_cpu_period(const Json&, const Place&, Facts&);
void read_cpu_realtime_runtime(const Json&, const Place&, Facts&);
void read_pids_limit(const Json&, const Place&, Facts&);
void read_oom_kill_disable(const Json&, const Place&, Facts&);
void read_oom_score_adj(const Json&, const Place&, Facts&);
void read_ulimits(const Json&, const Place&, Facts&);
void read_image(const Json&, const Place&, Facts&);

// Services (services.cpp).
void read_service_image(const Json&, const Place&, Facts&);
void read_service_hosts(const Json&, const Place&, Facts&);
void read_restart_condition(const Json&, const Place&, Facts&);
void read_service_mounts(const Json&, const Place&, Facts&);
void read_service_networks(const Json&, const Place&, Facts&);
void read_service_ports(const Json&, const Place&, Facts&);
void read_service_privileges(const Json&, const Place&, Facts&);
void read_swap_bytes(const Json&, const Place&, Facts&);
void read_generic_resource(const Json&, const Place&, Facts&);
void read_log_driver(const Json&, const Place&, Facts&);
void read_placement(const Json&, const Place&, Facts&);
void read_secret_references(const Json&, const Place&, Facts&);
void read_config_references(const Json&, const Place&, Facts&);
void read_plugin_spec(const Json&, const Place&, Facts&);
void read_network_attachment(const Json&, const Place&, Facts&);
void read_task_runtime(const Json&, const Place&, Facts&);
void read_rollback(const Json&, const Place&, Facts&);
void read_registry_auth_from(const Json&, const Place&, Facts&);
void read_service_version(const Json&, const Place&, Facts&);

// The swarm, its nodes, secrets, configs and volumes (swarm.cpp).
void read_listen_addr(const Json&, const Place&, Facts&);
void read_advertise_addr(const Json&, const Place&, Facts&);
void read_data_path_addr(const Json&, const Place&, Facts&);
void read_data_path_port(const Json&, const Place&, Facts&);
void read_remote_addrs(const Json&, const Place&, Facts&);
void read_external_cas(const Json&, const Place&, Facts&);
void read_signing_ca(const Json&, const Place&, Facts&);
void read_force_new_cluster(const Json&, const Place&, Facts&);
void read_node_role(const Json&, const Place&, Facts&);
void read_node_availability(const Json&, const Place&, Facts&);
void read_secret_name(const Json&, const Place&, Facts&);
void read_secret_driver(const Json&, const Place&, Facts&);
void read_secret_templating(const Json&, const Place&, Facts&);
void read_secret_used(const Json&, const Place&, Facts&);
void read_config_name(const Json&, const Place&, Facts&);
void read_config_templating(const Json&, const Place&, Facts&);
void read_cluster_volume(const Json&, const Place&, Facts&);

// Plugins (plugins.cpp).
void read_plugin_name(const Json&, const Place&, Facts&);
void read_plugin_privileges(const Json&, const Place&, Facts&);
void read_runtime_privileges(const Json&, const Place&, Facts&);
void read_plugin_settings(const Json&, const Place&, Facts&);

// Query parameters (read_parameters.cpp): the value is the decoded text, or for a parameter of
// type json its document.
void read_container_name(const Json&, const Place&, Facts&);
void read_ps_arguments(const Json&, const Place&, Facts&);
void read_checkpoint(const Json&, const Place&, Facts&);
void read_checkpoint_dir(const Json&, const Place&, Facts&);
void read_archive_path(const Json&, const Place&, Facts&);
void read_login_address(const Json&, const Place&, Facts&);
void read_build_hosts(const Json&, const Place&, Facts&);
void read_commit_container(const Json&, const Place&, Facts&);
void read_import_source(const Json&, const Place&, Facts&);
void read_build_network(const Json&, const Place&, Facts&);
void read_build_remote(const Json&, const Place&, Facts&);
void read_build_session(const Json&, const Place&, Facts&);
void read_build_version(const Json&, const Place&, Facts&);
void read_cache_sources(const Json&, const Place&, Facts&);
void read_build_outputs(const Json&, const Place&, Facts&);
void read_build_memory(const Json&, const Place&, Facts&);
void read_build_memswap(const Json&, const Place&, Facts&);
void read_build_shm_size(const Json&, const Place&, Facts&);
void read_build_security_opt(const Json&, const Place&, Facts&);

// Instructions of commits and imports (image_changes.cpp).
void read_image_changes(const Json&, const Place&, Facts&);

// What path and parameters of an operation say together (images.cpp). Rule `image.reference`.
void read_image_create(const Target&, Facts&, Reasons&);
void read_image_delete(const Target&, Facts&, Reasons&);
void read_image_push(const Target&, Facts&, Reasons&);
void read_image_tag(const Target&, Facts&, Reasons&);
void read_image_commit(const Target&, Facts&, Reasons&);
void read_buildkit(const Target&, Facts&, Reasons&);
void read_image_build(const Target&, Facts&, Reasons&);
void read_image_load(const Target&, Facts&, Reasons&);
void read_image_search(const Target&, Facts&, Reasons&);
void read_distribution_inspect(const Target&, Facts&, Reasons&);
void read_volume_prune(const Target&, Facts&, Reasons&);

}  // namespace dockgate::policy
