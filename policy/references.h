// What a request uses that already exists: found at the Engine, and judged as if it were asked for
// now. Nothing that would be refused directly can be had through something that is there.
#pragma once

#include "policy/lookups.h"
#include "policy/policy.h"
#include "policy/verdict.h"

namespace dockgate::policy {

// Adds a reason for each reference of `facts` that the policy would not let be created, that the
// Engine does not have, or that nobody could be asked about.
void check_references(const Facts& facts,
                      const Answers& answers,
                      const Policy& policy,
                      Reasons& reasons);

}  // namespace dockgate::policy
