// HostConfig: what a container gets of its host. Docker's type `container.HostConfig`, API 1.24 to
// 1.56, in the order of its Go source: the fields of `Resources` stand where it is embedded.
#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Field log_config_fields[] = {
    {"Type", Type::string},
    {"Config", Type::string_map},
};
constexpr Schema log_config{.name = "LogConfig", .fields = log_config_fields};

constexpr Field port_binding_fields[] = {
    {"HostIp", Type::string},
    {"HostPort", Type::string},
};
constexpr Schema port_binding{.name = "PortBinding", .fields = port_binding_fields};

constexpr Field restart_policy_fields[] = {
    {"Name", Type::string},
    {"MaximumRetryCount", Type::int64},
};
constexpr Schema restart_policy{.name = "RestartPolicy", .fields = restart_policy_fields};

constexpr Field weight_device_fields[] = {
    {"Path", Type::string},
    {"Weight", Type::uint16},
};
constexpr Schema weight_device{.name = "WeightDevice", .fields = weight_device_fields};

constexpr Field throttle_device_fields[] = {
    {"Path", Type::string},
    {"Rate", Type::uint64},
};
constexpr Schema throttle_device{.name = "ThrottleDevice", .fields = throttle_device_fields};

constexpr Field device_fields[] = {
    {"PathOnHost", Type::string},
    {"PathInContainer", Type::string},
    {"CgroupPermissions", Type::string},
};
constexpr Schema device{.name = "DeviceMapping", .fields = device_fields};

constexpr Field device_request_fields[] = {
    {"Driver", Type::string},
    {"Count", Type::int64},
    {"DeviceIDs", Type::strings},
    {"Capabilities", Type::string_lists},
    {"Options", Type::string_map},
};
constexpr Schema device_request{.name = "DeviceRequest", .fields = device_request_fields};

constexpr Field ulimit_fields[] = {
    {"Name", Type::string},
    {"Hard", Type::int64},
    {"Soft", Type::int64},
};
constexpr Schema ulimit{.name = "Ulimit", .fields = ulimit_fields};

constexpr Field bind_options_fields[] = {
    {"Propagation", Type::string},
    {"NonRecursive", Type::boolean},            // 1.40
    {"CreateMountpoint", Type::boolean},        // 1.42
    {"ReadOnlyNonRecursive", Type::boolean},    // 1.44
    {"ReadOnlyForceRecursive", Type::boolean},  // 1.44
};
constexpr Schema bind_options{.name = "BindOptions", .fields = bind_options_fields};

constexpr Field driver_fields[] = {
    {"Name", Type::string},
    {"Options", Type::string_map},
};
constexpr Schema driver{.name = "Driver", .fields = driver_fields};

constexpr Field volume_options_fields[] = {
    {"NoCopy", Type::boolean},
    {"Labels", Type::string_map},
    {"Subpath", Type::string},  // 1.45
    {"DriverConfig", Type::object, safe, &driver},
};
constexpr Schema volume_options{.name = "VolumeOptions", .fields = volume_options_fields};

constexpr Field image_options_fields[] = {
    {"Subpath", Type::string},
};
constexpr Schema image_options{.name = "ImageOptions", .fields = image_options_fields};

constexpr Field tmpfs_options_fields[] = {
    {"SizeBytes", Type::int64},
    {"Mode", Type::uint32},
    {"Options", Type::string_lists},  // 1.46
};
constexpr Schema tmpfs_options{.name = "TmpfsOptions", .fields = tmpfs_options_fields};

constexpr Schema cluster_options{.name = "ClusterOptions", .fields = {}};

// Each mount is judged as a whole, by read_mounts.
constexpr Field mount_fields[] = {
    {"Type", Type::string},
    {"Source", Type::string},
    {"Target", Type::string},
    {"ReadOnly", Type::boolean},
    {"Consistency", Type::string},
    {"BindOptions", Type::object, safe, &bind_options},
    {"VolumeOptions", Type::object, safe, &volume_options},
    {"ImageOptions", Type::object, safe, &image_options},  // 1.48
    {"TmpfsOptions", Type::object, safe, &tmpfs_options},
    {"ClusterOptions", Type::object, safe, &cluster_options},  // 1.42
};
constexpr Schema mount{.name = "Mount", .fields = mount_fields};

constexpr Field host_config_fields[] = {
    {"Binds", Type::strings, read_binds},
    {"ContainerIDFile", Type::string},  // the Engine ignores it
    {"LogConfig", Type::object, read_log_config, &log_config},
    {"NetworkMode", Type::string, read_network_mode},
    {"PortBindings", Type::objects_map, read_port_bindings, &port_binding},
    {"RestartPolicy", Type::object, safe, &restart_policy},
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
    {"ExtraHosts", Type::strings},
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
    {"Tmpfs", Type::string_map},
    {"UTSMode", Type::string, read_uts_mode},
    {"UsernsMode", Type::string, read_userns_mode},
    {"ShmSize", Type::int64, read_shm_size},
    {"Sysctls", Type::string_map, read_sysctls},
    {"Runtime", Type::string, read_runtime},
    {"Isolation", Type::string},  // of Windows
    {"CpuShares", Type::int64},
    {"Memory", Type::int64, read_mem_limit},
    {"NanoCpus", Type::int64, read_nano_cpus},
    {"CgroupParent", Type::string, read_cgroup_parent},
    {"BlkioWeight", Type::uint16},
    {"BlkioWeightDevice", Type::objects, safe, &weight_device},
    {"BlkioDeviceReadBps", Type::objects, safe, &throttle_device},
    {"BlkioDeviceWriteBps", Type::objects, safe, &throttle_device},
    {"BlkioDeviceReadIOps", Type::objects, safe, &throttle_device},
    {"BlkioDeviceWriteIOps", Type::objects, safe, &throttle_device},
    {"CpuPeriod", Type::int64},
    {"CpuQuota", Type::int64},
    {"CpuRealtimePeriod", Type::int64},
    {"CpuRealtimeRuntime", Type::int64},
    {"CpusetCpus", Type::string},
    {"CpusetMems", Type::string},
    {"Devices", Type::objects, read_devices, &device},
    {"DeviceCgroupRules", Type::strings, read_device_cgroup_rules},           // 1.28
    {"DeviceRequests", Type::objects, read_device_requests, &device_request},  // 1.40
    {"DiskQuota", Type::int64},        // until 1.39
    {"KernelMemory", Type::int64},     // until 1.41
    {"KernelMemoryTCP", Type::int64},  // 1.40 to 1.51
    {"MemoryReservation", Type::int64},
    {"MemorySwap", Type::int64, read_memswap_limit},
    {"MemorySwappiness", Type::int64},
    {"OomKillDisable", Type::boolean, read_oom_kill_disable},
    {"PidsLimit", Type::int64, read_pids_limit},
    {"Ulimits", Type::objects, read_ulimits, &ulimit},
    {"CpuCount", Type::int64},             // of Windows
    {"CpuPercent", Type::int64},           // of Windows
    {"IOMaximumIOps", Type::uint64},       // of Windows
    {"IOMaximumBandwidth", Type::uint64},  // of Windows
    {"Mounts", Type::objects, read_mounts, &mount},
    {"MaskedPaths", Type::strings, read_masked_paths},      // 1.38
    {"ReadonlyPaths", Type::strings, read_readonly_paths},  // 1.38
    {"Init", Type::boolean},                                // 1.37
};

}  // namespace

constinit const Schema host_config_schema{.name = "HostConfig", .fields = host_config_fields};

}  // namespace dockgate::policy
