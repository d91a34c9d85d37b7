// The target of the request line that the Engine is sent.
#pragma once

#include <string>

#include "policy/request.h"

namespace dockgate::policy {

// `/v1.41/containers/web/json?size=1`: the row's path, its arguments percent-encoded, the known
// parameters in the table's order.
std::string write_target(const Target& target);

}  // namespace dockgate::policy
