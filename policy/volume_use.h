// Which volumes, by their names, a request makes, removes or uses while it is served: what must not
// change hands between a look at them and their use.
#pragma once

#include <string>
#include <vector>

#include "policy/lookups.h"
#include "policy/request.h"

namespace dockgate::policy {

struct VolumeUse {
  std::vector<std::string> names;  // sorted, each once
  bool all = false;                // any volume there is
  bool exclusive = false;          // makes or removes them, or may

  bool empty() const { return names.empty() && !all; }
};

// What `request` does to volumes, as far as the answers so far tell. Only for operations that are
// over soon: a stream that goes on for hours uses what the Engine itself keeps.
VolumeUse volume_use(const Request& request, const Answers& answers);

// Whether the two may not go on at the same time.
bool in_the_way(const VolumeUse& one, const VolumeUse& other);

}  // namespace dockgate::policy
