#include <algorithm>

#include "policy/checks/checks.h"
#include "policy/host_path.h"

namespace dockgate::policy {
namespace {

constexpr std::string_view beneath = "/**";

bool covers_source(const AllowedBind& allowed, const std::string& source) {
  const std::string_view pattern = allowed.source;
  if (pattern.size() < beneath.size() ||
      pattern.substr(pattern.size() - beneath.size()) != beneath) {
    return pattern == source;
  }
  const std::string_view root = pattern.substr(0, pattern.size() - beneath.size());
  return source != root && is_beneath(source, root.empty() ? "/" : root);
}

// Relabelling changes the source itself, and so is writing.
bool covers_access(const AllowedBind& allowed, const BindMount& bind) {
  const bool writes = bind.access == Access::read_write || bind.relabel;
  return !writes || allowed.access == Access::read_write;
}

bool covers_propagation(const AllowedBind& allowed, const BindMount& bind) {
  return bind.propagation.empty() || bind.propagation == "rprivate" ||
         bind.propagation == "private" || bind.propagation == allowed.propagation;
}

std::string shown(const BindMount& bind) {
  std::string text = bind.source + ":" + (bind.target.empty() ? "?" : bind.target);
  text += bind.access == Access::read_only ? ":ro" : ":rw";
  if (!bind.propagation.empty()) text += "," + bind.propagation;
  if (bind.relabel) text += ",z";
  return text;
}

std::string mend_for(const BindMount& bind, const Policy& policy) {
  const auto near = std::find_if(
      policy.container.bind_mounts.begin(),
      policy.container.bind_mounts.end(),
      [&bind](const AllowedBind& allowed) { return covers_source(allowed, bind.source); });
  if (near == policy.container.bind_mounts.end()) {
    return "use a named volume, or list the path under container.allow.bind_mounts";
  }
  if (!covers_access(*near, bind)) return "mount it read-only, `" + near->source + "` is listed ro";
  return "leave the propagation at its default";
}

}  // namespace

// A folder of the host may be mounted only where the policy lists it, and a way to a container
// runtime's socket not even then.
void check_bind_mounts(const Facts& facts, const Policy& policy, Reasons& reasons) {
  for (const BindMount& bind : facts.bind_mounts) {
    const std::string socket = reachable_socket(bind.source, policy.runtime_sockets);
    if (!socket.empty()) {
      reasons.add("container.bind_mounts.runtime_socket",
                  bind.at,
                  shown(bind),
                  "mount a path that does not lead to " + socket);
      continue;
    }
    const auto& listed = policy.container.bind_mounts;
    const bool allowed =
        std::any_of(listed.begin(), listed.end(), [&bind](const AllowedBind& candidate) {
          return covers_source(candidate, bind.source) && covers_access(candidate, bind) &&
                 covers_propagation(candidate, bind);
        });
    if (allowed) continue;
    reasons.add("container.bind_mounts", bind.at, shown(bind), mend_for(bind, policy));
  }
}

}  // namespace dockgate::policy
