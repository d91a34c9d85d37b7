// What a request uses that already exists: found at the Engine, and judged as if it were asked for
// now. Nothing that would be refused directly can be had through something that is there.
#pragma once

#include <optional>

#include "policy/lookups.h"
#include "policy/policy.h"
#include "policy/request.h"
#include "policy/verdict.h"

namespace dockgate::policy {

// Adds a reason for each reference of the request that the policy would not let be created, that
// the Engine does not have, or that nobody could be asked about.
void check_references(const Request& request,
                      const Answers& answers,
                      const Policy& policy,
                      Reasons& reasons);

// The facts with what the answers tell beside them: where host paths lead, who the image runs as,
// what the Engine says of itself; nothing where they tell nothing.
std::optional<Facts> informed(const Facts& facts, const Answers& answers, const Policy& policy);

}  // namespace dockgate::policy
