#include "policy/needed_references.h"

#include <algorithm>

#include "policy/host_path.h"

namespace dockgate::policy {
namespace {

bool has_hook_variables(const Facts& facts) {
  return std::any_of(facts.environment.begin(), facts.environment.end(), [](const Asked& variable) {
    return reaches_hooks(variable.value);
  });
}

// The image's own user counts where the request names none, and its labels are the container's.
// What a service runs is pulled by the
// nodes: what this Engine has under that name says nothing of it.
bool image_matters(const Facts& facts, const Policy& policy) {
  if (facts.of != Facts::Of::container || facts.service || !facts.image) return false;
  return restricts_images(policy) || !policy.container.labels.name("*") ||
         (policy.require.non_root && !facts.user);
}

// A source is judged by where it leads, and so is what the policy lists and what nobody may reach.
void add_host_paths(const Facts& facts, const Policy& policy, std::vector<Reference>& needed) {
  if (facts.bind_mounts.empty() || policy.container.bind_mounts.empty()) return;
  needed.push_back({ReferenceKind::engine, "", facts.bind_mounts.front().at});
  if (!policy.follows_links) return;
  const std::string& first = facts.bind_mounts.front().at;
  for (const BindMount& bind : facts.bind_mounts) {
    needed.push_back({ReferenceKind::host_path, bind.source, bind.at});
  }
  const auto tell = [&](const std::string& path) {
    if (!path.empty()) needed.push_back({ReferenceKind::host_path, path, first, Use::told});
  };
  for (const AllowedBind& listed : policy.container.bind_mounts) tell(listed.root());
  for (const GuardedPath& guarded : policy.guarded_paths) tell(guarded.path);
  for (const std::string& socket : policy.runtime_sockets) tell(socket);
  for (const std::string_view socket : well_known_sockets()) tell(std::string(socket));
  tell(facts.engine_data_root);
}

}  // namespace

bool restricts_images(const Policy& policy) { return !policy.image.pull.name("**"); }

bool reaches_hooks(std::string_view variable) {
  return variable.substr(0, 7) == "NVIDIA_" || variable.substr(0, 3) == "LD_";
}

std::vector<Reference> needed_references(const Facts& facts, const Policy& policy) {
  std::vector<Reference> needed;
  for (const Reference& reference : facts.references) {
    const bool image = reference.kind == ReferenceKind::image && reference.use == Use::judged;
    if (!image || restricts_images(policy)) needed.push_back(reference);
  }
  if (image_matters(facts, policy)) {
    needed.push_back({ReferenceKind::image, facts.image->value, facts.image->at});
  }
  if (restricts_images(policy) && !facts.service) {
    for (const Asked& mounted : facts.image_mounts) {
      needed.push_back({ReferenceKind::image, mounted.value, mounted.at});
    }
  }
  add_host_paths(facts, policy, needed);
  if (has_hook_variables(facts)) {
    needed.push_back({ReferenceKind::engine, "", facts.environment.front().at});
  }
  return needed;
}

}  // namespace dockgate::policy
