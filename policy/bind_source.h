// Where a bind mount's source stands in a body.
#pragma once

#include <string>

#include "policy/facts.h"
#include "policy/json.h"

namespace dockgate::policy {

// Writes `source` in place of what `bind` was read from: in `source:target:mode` of Binds, in a
// mount's Source, or as a volume's device. False where the body has no such place.
bool write_bind_source(Json& body, const BindMount& bind, const std::string& source);

}  // namespace dockgate::policy
