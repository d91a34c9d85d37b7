// The keys of a policy: what each is called in YAML and where its value goes. The loader and
// `dockgate check` both walk these rows, so a new setting is a row here, a member in
// policy/policy.h and a check in policy/checks/.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/policy.h"

namespace dockgate::policy {

// How a number is written.
enum class Unit : std::uint8_t { count, bytes, processors };

template <class Part>
struct Limit {
  std::optional<std::int64_t> Part::*member;
  Unit unit;
};

// `user: non-root`
template <class Part>
struct NonRoot {
  bool Part::*member;
};

// `buildkit: unchecked`
template <class Part>
struct Unchecked {
  bool Part::*member;
};

// Names of capabilities, checked against those that exist.
template <class Part>
struct Capabilities {
  Patterns Part::*member;
};

// Ports and ranges.
template <class Part>
struct Ports {
  Patterns Part::*member;
};

template <class Part>
struct Key {
  std::string_view name;
  std::variant<bool Part::*,
               Patterns Part::*,
               Capabilities<Part>,
               Ports<Part>,
               std::vector<AllowedBind> Part::*,
               std::vector<AllowedDevice> Part::*,
               std::vector<std::string> Part::*,
               std::int64_t Part::*,
               std::set<std::string> Part::*,
               Limit<Part>,
               NonRoot<Part>,
               Unchecked<Part>>
      member;
};

inline constexpr Key<ContainerAllow> container_allow_keys[] = {
    {"privileged", &ContainerAllow::privileged},
    {"cap_add", Capabilities<ContainerAllow>{&ContainerAllow::cap_add}},
    {"bind_mounts", &ContainerAllow::bind_mounts},
    {"network_mode", &ContainerAllow::network_mode},
    {"pid", &ContainerAllow::pid},
    {"ipc", &ContainerAllow::ipc},
    {"uts", &ContainerAllow::uts},
    {"userns_mode", &ContainerAllow::userns_mode},
    {"cgroup", &ContainerAllow::cgroup},
    {"cgroup_parent", &ContainerAllow::cgroup_parent},
    {"devices", &ContainerAllow::devices},
    {"device_cgroup_rules", &ContainerAllow::device_cgroup_rules},
    {"device_requests", &ContainerAllow::device_requests},
    {"security_opt", &ContainerAllow::security_opt},
    {"masked_paths", &ContainerAllow::masked_paths},
    {"readonly_paths", &ContainerAllow::readonly_paths},
    {"sysctls", &ContainerAllow::sysctls},
    {"annotations", &ContainerAllow::annotations},
    {"runtime", &ContainerAllow::runtime},
    {"logging", &ContainerAllow::logging},
    {"log_opt", &ContainerAllow::log_opt},
    {"group_add", &ContainerAllow::group_add},
    {"ports", Ports<ContainerAllow>{&ContainerAllow::ports}},
    {"labels", &ContainerAllow::labels},
    {"user", &ContainerAllow::user},
    {"ulimits", &ContainerAllow::ulimits},
    {"oom_kill_disable", &ContainerAllow::oom_kill_disable},
    {"oom_score_adj", &ContainerAllow::oom_score_adj},
    {"unknown_fields", &ContainerAllow::unknown_fields},
};

inline constexpr Key<ContainerRequire> container_require_keys[] = {
    {"cap_drop", &ContainerRequire::cap_drop},
    {"no_new_privileges", &ContainerRequire::no_new_privileges},
    {"read_only", &ContainerRequire::read_only},
    {"user", NonRoot<ContainerRequire>{&ContainerRequire::non_root}},
    {"mem_limit", Limit<ContainerRequire>{&ContainerRequire::mem_limit, Unit::bytes}},
    {"memswap_limit", Limit<ContainerRequire>{&ContainerRequire::memswap_limit, Unit::bytes}},
    {"shm_size", Limit<ContainerRequire>{&ContainerRequire::shm_size, Unit::bytes}},
    {"cpus", Limit<ContainerRequire>{&ContainerRequire::nano_cpus, Unit::processors}},
    {"pids_limit", Limit<ContainerRequire>{&ContainerRequire::pids_limit, Unit::count}},
};

inline constexpr Key<VolumeAllow> volume_allow_keys[] = {
    {"driver", &VolumeAllow::driver},
    {"driver_opts", &VolumeAllow::driver_opts},
};

inline constexpr Key<NetworkAllow> network_allow_keys[] = {
    {"driver", &NetworkAllow::driver},
    {"driver_opts", &NetworkAllow::driver_opts},
    {"config_from", &NetworkAllow::config_from},
};

inline constexpr Key<ExecAllow> exec_allow_keys[] = {
    {"privileged", &ExecAllow::privileged},
};

inline constexpr Key<BuildAllow> build_allow_keys[] = {
    {"remote", &BuildAllow::remote},
    {"buildkit", Unchecked<BuildAllow>{&BuildAllow::buildkit}},
};

// The capabilities of Linux 6, by their names without prefix.
std::span<const std::string_view> all_capabilities();

}  // namespace dockgate::policy
