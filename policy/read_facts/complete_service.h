// What follows from what a service does not say, once all its fields are read.
#pragma once

#include <optional>

#include "policy/api/operations.h"
#include "policy/facts.h"

namespace dockgate::policy {

// Settings that came late to services are dropped by the Engine when a request speaks an older API,
// and by Engines that do not have them yet: what asks for less than the default counts only from
// the version on that has it. Nothing: the path has no version, so the Engine may be any.
void complete_service(std::optional<ApiVersion> version, Facts& facts);

}  // namespace dockgate::policy
