#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "policy/checks/checks.h"
#include "policy/host_path.h"

namespace dockgate::policy {
namespace {

// Where a path leads: itself, where links are not followed or nobody looked.
const std::string& end_of(const std::string& path, const Facts& facts) {
  const auto found = facts.host_paths.find(path);
  return found == facts.host_paths.end() ? path : found->second.end;
}

bool lies_in(const std::string& path, const std::string& folder) {
  return path != folder && is_beneath(path, folder);
}

// Whether containers may write to a folder on the way of this path: they can then make it lead
// wherever they like.
bool can_be_planted(const AllowedBind& listed, const Facts& facts, const Policy& policy) {
  const auto way = facts.host_paths.find(listed.root());
  std::vector<std::string> places{listed.root()};
  if (way != facts.host_paths.end()) {
    places.push_back(way->second.end);
    places.insert(places.end(), way->second.places.begin(), way->second.places.end());
  }
  const auto& all = policy.container.bind_mounts;
  return std::any_of(all.begin(), all.end(), [&](const AllowedBind& other) {
    if (other.access != Access::read_write) return false;
    return std::any_of(places.begin(), places.end(), [&](const std::string& place) {
      return lies_in(place, other.root()) || lies_in(place, end_of(other.root(), facts));
    });
  });
}

// A listed path that containers can plant a link at is taken as it is written.
bool covers_source(const AllowedBind& allowed,
                   const BindMount& bind,
                   const Facts& facts,
                   const Policy& policy) {
  const std::string root = allowed.root();
  const std::string& end = end_of(bind.source, facts);
  const auto covers = [&](const std::string& listed) {
    return allowed.is_deep() ? end != listed && is_beneath(end, listed) : end == listed;
  };
  const bool as_written = covers(root);
  const bool as_it_leads = covers(end_of(root, facts));
  if (as_written == as_it_leads) return as_written;
  return can_be_planted(allowed, facts, policy) ? as_written : as_it_leads;
}

// `source:target:mode` has no way to write a colon within a source.
bool can_be_written(const BindMount& bind, const Facts& facts) {
  const std::string& end = end_of(bind.source, facts);
  return end == bind.source || bind.at.find("/Binds/") == std::string::npos ||
         end.find(':') == std::string::npos;
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

// The listings that could cover it, in their order. Where links are followed, that is any: their
// own roots may lead to where it leads.
std::vector<const AllowedBind*> listings_near(const BindMount& bind,
                                              const Facts& facts,
                                              const Policy& policy) {
  const auto& all = policy.container.bind_mounts;
  std::vector<const AllowedBind*> near;
  if (policy.container.bind_roots == nullptr || !facts.host_paths.empty()) {
    for (const AllowedBind& listed : all) near.push_back(&listed);
  } else {
    for (const std::size_t at : policy.container.bind_roots->beginnings_of(bind.source)) {
      near.push_back(&all[at]);
    }
  }
  return near;
}

// Why no listing covers it.
std::string mend_for(const BindMount& bind, const Facts& facts, const Policy& policy) {
  const auto listed = listings_near(bind, facts, policy);
  const auto near = std::find_if(listed.begin(), listed.end(), [&](const AllowedBind* allowed) {
    return covers_source(*allowed, bind, facts, policy);
  });
  const std::string& end = end_of(bind.source, facts);
  const std::string leads = end == bind.source ? "" : "it leads to " + end + "; ";
  if (!can_be_written(bind, facts)) {
    return leads + "name it as a mount: --mount type=bind,source=...";
  }
  if (near == listed.end()) {
    return leads + "use a named volume, or list the path under container.allow.bind_mounts";
  }
  if (!covers_access(**near, bind)) {
    return "mount it read-only, `" + (*near)->source + "` is listed ro";
  }
  return "leave the propagation at its default";
}

// The guarded paths, and where they lead.
std::vector<GuardedPath> guarded_by(const Facts& facts, const Policy& policy) {
  std::vector<GuardedPath> guarded = policy.guarded_paths;
  for (const GuardedPath& one : policy.guarded_paths) {
    guarded.push_back({end_of(one.path, facts), one.what});
  }
  return guarded;
}

// What no listing allows but one that names the path itself and says `dangerous: true`.
std::string danger_of(const BindMount& bind, const Facts& facts, const Policy& policy) {
  const std::vector<GuardedPath> guarded = guarded_by(facts, policy);
  for (const std::string& path : {bind.source, end_of(bind.source, facts)}) {
    for (const std::string& data :
         {facts.engine_data_root, end_of(facts.engine_data_root, facts)}) {
      const std::string what = guard_of(path, guarded, data);
      if (!what.empty()) return what;
    }
  }
  return "";
}

// Runtime sockets, those that are configured and where all of them lead.
std::string socket_of(const BindMount& bind, const Facts& facts, const Policy& policy) {
  std::vector<std::string> sockets = policy.runtime_sockets;
  for (const std::string& socket : policy.runtime_sockets) {
    sockets.push_back(end_of(socket, facts));
  }
  for (const std::string_view known : well_known_sockets()) {
    const std::string socket(known);
    if (end_of(socket, facts) != socket) sockets.push_back(end_of(socket, facts));
  }
  const std::string socket = reachable_socket(bind.source, sockets);
  return socket.empty() ? reachable_socket(end_of(bind.source, facts), sockets) : socket;
}

// The listing that covers a bind; one that says `dangerous` before others.
const AllowedBind* listing_of(const BindMount& bind, const Facts& facts, const Policy& policy) {
  const AllowedBind* found = nullptr;
  if (!can_be_written(bind, facts)) return nullptr;
  for (const AllowedBind* const near : listings_near(bind, facts, policy)) {
    const AllowedBind& listed = *near;
    const bool covers = covers_source(listed, bind, facts, policy) && covers_access(listed, bind) &&
                        covers_propagation(listed, bind);
    if (covers && listed.dangerous && listed.source == bind.source) return near;
    if (covers && !listed.dangerous && found == nullptr) found = near;
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
