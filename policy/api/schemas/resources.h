// Resources: a container's limits. Docker's type `container.Resources`, API 1.24 to 1.56, which
// HostConfig and UpdateConfig embed: its rows stand among theirs.
#pragma once

#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {

inline constexpr Field weight_device_fields[] = {
    {"Path", Type::string},
    {"Weight", Type::uint16},
};
inline constexpr Schema weight_device{.name = "WeightDevice", .fields = weight_device_fields};

inline constexpr Field throttle_device_fields[] = {
    {"Path", Type::string},
    {"Rate", Type::uint64},
};
inline constexpr Schema throttle_device{.name = "ThrottleDevice", .fields = throttle_device_fields};

inline constexpr Field device_fields[] = {
    {"PathOnHost", Type::string, read_with_parent},
    {"PathInContainer", Type::string, read_with_parent},
    {"CgroupPermissions", Type::string, read_with_parent},
};
inline constexpr Schema device{.name = "DeviceMapping", .fields = device_fields};

inline constexpr Field device_request_fields[] = {
    {"Driver", Type::string, read_with_parent},
    {"Count", Type::int64, read_with_parent},
    {"DeviceIDs", Type::strings, read_with_parent},
    {"Capabilities", Type::string_lists, read_with_parent},
    {"Options", Type::string_map},
};
inline constexpr Schema device_request{.name = "DeviceRequest", .fields = device_request_fields};

inline constexpr Field resources_fields[] = {
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
    {"CpuPeriod", Type::int64, read_cpu_period},
    {"CpuQuota", Type::int64, read_cpu_quota},
    {"CpuRealtimePeriod", Type::int64},
    {"CpuRealtimeRuntime", Type::int64, read_cpu_realtime_runtime},
    {"CpusetCpus", Type::string},
    {"CpusetMems", Type::string},
    {"Devices", Type::objects, read_devices, &device},
    {"DeviceCgroupRules", Type::strings, read_device_cgroup_rules},            // 1.28
    {"DeviceRequests", Type::objects, read_device_requests, &device_request},  // 1.40
    {"DiskQuota", Type::int64},                                                // until 1.39
    {"KernelMemory", Type::int64},                                             // until 1.41
    {"KernelMemoryTCP", Type::int64},                                          // 1.40 to 1.51
    {"MemoryReservation", Type::int64},
    {"MemorySwap", Type::int64, read_memswap_limit},
    {"MemorySwappiness", Type::int64},
    {"OomKillDisable", Type::boolean, read_oom_kill_disable},
    {"PidsLimit", Type::int64, read_pids_limit},
    {"Ulimits", Type::objects, read_ulimits, &ulimit_schema},
    {"CpuCount", Type::int64},             // of Windows
    {"CpuPercent", Type::int64},           // of Windows
    {"IOMaximumIOps", Type::uint64},       // of Windows
    {"IOMaximumBandwidth", Type::uint64},  // of Windows
};

}  // namespace dockgate::policy
