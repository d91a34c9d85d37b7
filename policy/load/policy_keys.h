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

// A number that is written in seconds and held in nanoseconds.
template <class Part>
struct Seconds {
  std::int64_t Part::*member;
};

template <class Part>
struct Limit {
  std::optional<std::int64_t> Part::*member;
  Unit unit;
};

// One of two words: `user: non-root`, `buildkit: unchecked`, `digest: required`.
template <class Part>
struct Word {
  bool Part::*member;
  std::string_view set;
  std::string_view unset;
};

// Names of capabilities, checked against those that exist.
template <class Part>
struct Capabilities {
  Patterns Part::*member;
};

// References of images, their registry named.
template <class Part>
struct References {
  Patterns Part::*member;
};

// Ranges of addresses in CIDR.
template <class Part>
struct Ranges {
  std::vector<std::string> Part::*member;
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
               Seconds<Part>,
               References<Part>,
               Ranges<Part>,
               Word<Part>>
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
    {"environment", &ContainerAllow::environment},
    {"command", &ContainerAllow::command},
    {"entrypoint", &ContainerAllow::entrypoint},
    {"working_dir", &ContainerAllow::working_dir},
    {"extra_hosts", &ContainerAllow::extra_hosts},
    {"restart", &ContainerAllow::restart},
    {"healthcheck_interval", Seconds<ContainerAllow>{&ContainerAllow::healthcheck_interval}},
    {"aliases", &ContainerAllow::aliases},
    {"ip_address", &ContainerAllow::ip_address},
    {"mac_address", &ContainerAllow::mac_address},
    {"checkpoint", &ContainerAllow::checkpoint},
    {"checkpoint_dir", &ContainerAllow::checkpoint_dir},
    {"archive_path", &ContainerAllow::archive_path},
    {"compressed_archive", &ContainerAllow::compressed_archive},
    {"oom_kill_disable", &ContainerAllow::oom_kill_disable},
    {"oom_score_adj", &ContainerAllow::oom_score_adj},
    {"unknown_fields", &ContainerAllow::unknown_fields},
};

// What dockgate writes itself.
inline constexpr Key<Policy> container_set_keys[] = {
    {"docker_socket", Word<Policy>{&Policy::sets_docker_socket, "dockgate", "as-asked"}},
};

inline constexpr Key<ContainerRequire> container_require_keys[] = {
    {"cap_drop", &ContainerRequire::cap_drop},
    {"no_new_privileges", &ContainerRequire::no_new_privileges},
    {"read_only", &ContainerRequire::read_only},
    {"user", Word<ContainerRequire>{&ContainerRequire::non_root, "non-root", "anybody"}},
    {"mem_limit", Limit<ContainerRequire>{&ContainerRequire::mem_limit, Unit::bytes}},
    {"memswap_limit", Limit<ContainerRequire>{&ContainerRequire::memswap_limit, Unit::bytes}},
    {"shm_size", Limit<ContainerRequire>{&ContainerRequire::shm_size, Unit::bytes}},
    {"cpus", Limit<ContainerRequire>{&ContainerRequire::nano_cpus, Unit::processors}},
    {"pids_limit", Limit<ContainerRequire>{&ContainerRequire::pids_limit, Unit::count}},
};

inline constexpr Key<VolumeAllow> volume_allow_keys[] = {
    {"driver", &VolumeAllow::driver},
    {"driver_opts", &VolumeAllow::driver_opts},
    {"prune_named", &VolumeAllow::prune_named},
    {"cluster", &VolumeAllow::cluster},
};

inline constexpr Key<NetworkAllow> network_allow_keys[] = {
    {"driver", &NetworkAllow::driver},
    {"driver_opts", &NetworkAllow::driver_opts},
    {"config_from", &NetworkAllow::config_from},
    {"subnet", Ranges<NetworkAllow>{&NetworkAllow::subnet}},
};

inline constexpr Key<ExecAllow> exec_allow_keys[] = {
    {"privileged", &ExecAllow::privileged},
    {"user", &ExecAllow::user},
    {"environment", &ExecAllow::environment},
    {"working_dir", &ExecAllow::working_dir},
    {"command", &ExecAllow::command},
};

inline constexpr Key<ImageAllow> image_allow_keys[] = {
    {"pull", References<ImageAllow>{&ImageAllow::pull}},
    {"tag", References<ImageAllow>{&ImageAllow::tag}},
    {"push", References<ImageAllow>{&ImageAllow::push}},
    {"delete", References<ImageAllow>{&ImageAllow::remove}},
    {"import_url", &ImageAllow::import_url},
    {"changes", &ImageAllow::changes},
};
// Beside `allow`: what is asked of every image, and what dockgate does not look into.
inline constexpr Key<ImageAllow> image_keys[] = {
    {"digest", Word<ImageAllow>{&ImageAllow::digest, "required", "optional"}},
    {"load", Word<ImageAllow>{&ImageAllow::load, "unchecked", "checked"}},
};

inline constexpr Key<RegistryAllow> registry_allow_keys[] = {
    {"host", &RegistryAllow::host},
};

inline constexpr Key<BuildAllow> build_allow_keys[] = {
    {"remote", &BuildAllow::remote},
    {"run", &BuildAllow::run},
    {"extra_hosts", &BuildAllow::extra_hosts},
};
inline constexpr Key<BuildAllow> build_keys[] = {
    {"buildkit", Word<BuildAllow>{&BuildAllow::buildkit, "unchecked", "refused"}},
    {"base_images", Word<BuildAllow>{&BuildAllow::base_images, "unchecked", "checked"}},
    {"dockerfile", Word<BuildAllow>{&BuildAllow::dockerfile, "unchecked", "checked"}},
};

inline constexpr Key<ServiceAllow> service_allow_keys[] = {
    {"placement", &ServiceAllow::placement},
    {"secrets", &ServiceAllow::secrets},
    {"configs", &ServiceAllow::configs},
    {"plugin", &ServiceAllow::plugin},
    {"network_attachment", &ServiceAllow::network_attachment},
};

inline constexpr Key<SwarmAllow> swarm_allow_keys[] = {
    {"listen_addr", &SwarmAllow::listen_addr},
    {"advertise_addr", &SwarmAllow::advertise_addr},
    {"data_path_addr", &SwarmAllow::data_path_addr},
    {"data_path_port", &SwarmAllow::data_path_port},
    {"remote_addrs", &SwarmAllow::remote_addrs},
    {"external_cas", &SwarmAllow::external_cas},
    {"signing_ca", &SwarmAllow::signing_ca},
    {"force_new_cluster", &SwarmAllow::force_new_cluster},
};

inline constexpr Key<NodeAllow> node_allow_keys[] = {
    {"role", &NodeAllow::role},
    {"availability", &NodeAllow::availability},
};

inline constexpr Key<SecretAllow> secret_allow_keys[] = {
    {"name", &SecretAllow::name},
    {"driver", &SecretAllow::driver},
    {"templating", &SecretAllow::templating},
};

inline constexpr Key<ConfigAllow> config_allow_keys[] = {
    {"name", &ConfigAllow::name},
    {"templating", &ConfigAllow::templating},
};

inline constexpr Key<PluginAllow> plugin_allow_keys[] = {
    {"name", References<PluginAllow>{&PluginAllow::name}},
    {"privileges", &PluginAllow::privileges},
    {"settings", &PluginAllow::settings},
    {"create", &PluginAllow::create},
};

// The capabilities of Linux 6, by their names without prefix.
std::span<const std::string_view> all_capabilities();

}  // namespace dockgate::policy
