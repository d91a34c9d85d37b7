#include <algorithm>

#include "policy/checks/checks.h"
#include "policy/host_path.h"

namespace dockgate::policy {
namespace {

// Where a path leads: itself, where links are not followed or nobody looked.
const std::string& end_of(const std::string& path, const Facts& facts) {
  const auto found = facts.host_paths.find(path);
  return found == facts.host_paths.end() ? path : found->second;
}

// A listed path beneath one that containers can write may have become a link: it is then taken as
// it is written.
bool can_be_planted(const AllowedBind& listed, const Policy& policy) {
  return std::any_of(policy.container.bind_mounts.begin(),
                     policy.container.bind_mounts.end(),
                     [&listed](const AllowedBind& other) {
                       return &other != &listed && other.access == Access::read_write &&
                              listed.root() != other.root() &&
                              is_beneath(listed.root(), other.root());
                     });
}

bool covers_source(const AllowedBind& allowed,
                   const BindMount& bind,
                   const Facts& facts,
                   const Policy& policy) {
  const std::string root = allowed.root();
  const std::string& end = end_of(bind.source, facts);
  const std::string& listed = can_be_planted(allowed, policy) ? root : end_of(root, facts);
  if (!allowed.is_deep()) return end == listed;
  return end != listed && is_beneath(end, listed);
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

// Why no listing covers it.
std::string mend_for(const BindMount& bind, const Facts& facts, const Policy& policy) {
  const auto& listed = policy.container.bind_mounts;
  const auto near = std::find_if(listed.begin(), listed.end(), [&](const AllowedBind& allowed) {
    return covers_source(allowed, bind, facts, policy);
  });
  const std::string& end = end_of(bind.source, facts);
  const std::string leads = end == bind.source ? "" : "it leads to " + end + "; ";
  if (near == listed.end()) {
    return leads + "use a named volume, or list the path under container.allow.bind_mounts";
  }
  if (!covers_access(*near, bind)) return "mount it read-only, `" + near->source + "` is listed ro";
  return "leave the propagation at its default";
}

// What no listing allows but one that names the path itself and says `dangerous: true`.
std::string danger_of(const BindMount& bind, const Facts& facts, const Policy& policy) {
  for (const std::string& path : {bind.source, end_of(bind.source, facts)}) {
    const std::string what = guard_of(path, policy.guarded_paths, facts.engine_data_root);
    if (!what.empty()) return what;
  }
  return "";
}

std::string socket_of(const BindMount& bind, const Facts& facts, const Policy& policy) {
  const std::string socket = reachable_socket(bind.source, policy.runtime_sockets);
  if (!socket.empty()) return socket;
  return reachable_socket(end_of(bind.source, facts), policy.runtime_sockets);
}

// The listing that covers a bind; one that says `dangerous` before others.
const AllowedBind* listing_of(const BindMount& bind, const Facts& facts, const Policy& policy) {
  const AllowedBind* found = nullptr;
  for (const AllowedBind& listed : policy.container.bind_mounts) {
    const bool covers = covers_source(listed, bind, facts, policy) && covers_access(listed, bind) &&
                        covers_propagation(listed, bind);
    if (covers && listed.dangerous && listed.source == bind.source) return &listed;
    if (covers && !listed.dangerous && found == nullptr) found = &listed;
  }
  return found;
}

}  // namespace

// A folder of the host may be mounted only where the policy lists it, by what it leads to; and a
// way to a container runtime's socket, the kernel or dockgate itself only where the policy names
// that very path as dangerous.
void check_bind_mounts(const Facts& facts, const Policy& policy, Reasons& reasons) {
  for (const BindMount& bind : facts.bind_mounts) {
    if (bind.source == policy.client_socket && !policy.client_socket.empty()) continue;
    const AllowedBind* const listing = listing_of(bind, facts, policy);
    if (listing != nullptr && listing->dangerous) continue;
    const std::string socket = socket_of(bind, facts, policy);
    if (!socket.empty()) {
      reasons.add("container.bind_mounts.runtime_socket",
                  bind.at,
                  shown(bind),
                  "mount a path that does not lead to " + socket);
      continue;
    }
    const std::string danger = danger_of(bind, facts, policy);
    if (listing != nullptr && danger.empty()) continue;
    if (listing != nullptr) {
      reasons.add("container.bind_mounts.dangerous",
                  bind.at,
                  shown(bind),
                  "mount a path that does not lead to " + danger +
                      "; an operator can list this very path with `dangerous: true`");
      continue;
    }
    reasons.add("container.bind_mounts", bind.at, shown(bind), mend_for(bind, facts, policy));
  }
}

}  // namespace dockgate::policy
