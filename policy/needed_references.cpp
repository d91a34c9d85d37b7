#include "policy/needed_references.h"

#include <algorithm>
#include <optional>

#include "policy/host_path.h"
#include "policy/image_reference.h"

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

// Whether the Engine may be asked to pull what a build begins with.
bool may_be_pulled(const std::string& name, const Policy& policy) {
  if (policy.operations.count("ImageCreate") == 0) return false;
  const auto reference = parse_reference(name);
  if (!reference || (policy.image.digest && reference->digest.empty())) return false;
  return policy.build.base_images || lists_reference(policy.image.pull, name);
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

bool lists_reference(const Patterns& listed, std::string_view text) {
  const auto reference = parse_reference(text);
  if (!reference) return false;
  return listed.any_for(reference->name(), [&reference](const std::string& pattern) {
    return reference_matches(pattern, *reference);
  });
}

bool restricts_images(const Policy& policy) { return !policy.image.pull.name("**"); }

ReferenceKind kind_of_base(const std::string& name, const Facts& facts, const Policy& policy) {
  if (!may_be_pulled(name, policy)) return ReferenceKind::image;
  return facts.build_pull ? ReferenceKind::newest_image : ReferenceKind::pulled_image;
}

bool reaches_hooks(std::string_view variable) {
  return variable.substr(0, 7) == "NVIDIA_" || variable.substr(0, 3) == "LD_";
}

bool is_gpu_runtime(std::string_view runtime) {
  return runtime.find("nvidia") != std::string_view::npos;
}

std::vector<Reference> needed_references(const Facts& facts, const Policy& policy) {
  std::vector<Reference> needed;
  std::optional<std::string> built;
  for (const Reference& reference : facts.references) {
    if (reference.use == Use::base) {
      needed.push_back(reference);
      needed.back().kind = kind_of_base(reference.name, facts, policy);
      built = reference.at;
      continue;
    }
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
  // What runs in a build may have such variables of the image that it begins with, or of its own.
  if (!built && !facts.hook_variables.empty()) built = facts.hook_variables.front().at;
  if (built) needed.push_back({ReferenceKind::engine, "", *built});
  return needed;
}

}  // namespace dockgate::policy
