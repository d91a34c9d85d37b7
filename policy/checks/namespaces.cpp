#include <string_view>

#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {
namespace {

constexpr std::string_view container_prefix = "container:";

Setting setting_of(NamespaceKind kind, const ContainerAllow& allow) {
  switch (kind) {
    case NamespaceKind::network:
      return {"container", "network_mode", allow.network_mode};
    case NamespaceKind::pid:
      return {"container", "pid", allow.pid};
    case NamespaceKind::ipc:
      return {"container", "ipc", allow.ipc};
    case NamespaceKind::uts:
      return {"container", "uts", allow.uts};
    case NamespaceKind::user:
      return {"container", "userns_mode", allow.userns_mode};
    case NamespaceKind::cgroup:
      return {"container", "cgroup", allow.cgroup};
  }
  return {"container", "network_mode", allow.network_mode};
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// The host's namespace, and one given by its path, only where a policy names them: no `*` stands
// for either. Joining another container's takes a pattern that says `container:`; whether that
// container is one the policy would allow is judged where the reference is.
bool is_listed(const std::string& mode, const Patterns& listed) {
  if (mode == "host" || mode.find('/') != std::string::npos || starts_with(mode, "ns:")) {
    return listed.name(mode);
  }
  if (!starts_with(mode, container_prefix)) return listed.match(mode);
  for (const std::string& pattern : listed.all) {
    if (starts_with(pattern, container_prefix) && glob_matches(pattern, mode)) return true;
  }
  return false;
}

}  // namespace

void check_namespaces(const Facts& facts, const Policy& policy, Reasons& reasons) {
  for (const Namespace& asked : facts.namespaces) {
    const Setting setting = setting_of(asked.kind, policy.container);
    if (is_listed(asked.mode, setting.listed)) continue;
    reasons.add(
        setting.rule(), asked.at, asked.mode, drop_or_list(setting.key(), setting.listed, policy));
  }
  for (const Asked& network : facts.networks) {
    if (is_listed(network.value, policy.container.network_mode)) continue;
    reasons.add(
        "container.network_mode",
        network.at,
        network.value,
        drop_or_list("container.allow.network_mode", policy.container.network_mode, policy));
  }
}

}  // namespace dockgate::policy
