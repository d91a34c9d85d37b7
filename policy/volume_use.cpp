#include "policy/volume_use.h"

#include <algorithm>
#include <string_view>

namespace dockgate::policy {
namespace {

bool is(const Request& request, std::string_view id) { return request.target.operation->id == id; }

}  // namespace

VolumeUse volume_use(const Request& request, const Answers& answers) {
  VolumeUse use;
  if (is(request, "VolumePrune")) {
    use.all = use.exclusive = true;
  } else if (is(request, "VolumeCreate")) {
    const std::string_view name = string_or(request.body.find("Name"), "");
    if (!name.empty()) use.names.emplace_back(name);
    use.exclusive = true;
  } else if (is(request, "VolumeDelete") || is(request, "VolumeUpdate")) {
    use.names = {request.target.arguments.front()};
    use.exclusive = true;
  } else if (is(request, "ContainerCreate") || is(request, "ContainerStart") ||
             is(request, "ContainerRestart")) {
    for (const auto& [lookup, answer] : answers) {
      if (lookup.kind == ReferenceKind::volume) use.names.push_back(lookup.name);
    }
    // A create makes the volumes that are not there.
    use.exclusive = is(request, "ContainerCreate");
  }
  std::sort(use.names.begin(), use.names.end());
  return use;
}

bool in_the_way(const VolumeUse& one, const VolumeUse& other) {
  if (!one.exclusive && !other.exclusive) return false;
  if (one.empty() || other.empty()) return false;
  if (one.all || other.all) return true;
  return std::any_of(one.names.begin(), one.names.end(), [&other](const std::string& name) {
    return std::binary_search(other.names.begin(), other.names.end(), name);
  });
}

}  // namespace dockgate::policy
