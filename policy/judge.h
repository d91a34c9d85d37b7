// The whole decision. Pure: no I/O, no clock, never throws.
#pragma once

#include "policy/lookups.h"
#include "policy/policy.h"
#include "policy/request.h"
#include "policy/verdict.h"

namespace dockgate::policy {

// Judges a request by a policy. Every check speaks, so that one answer tells all there is to
// mend. What the request refers to is judged by the same policy from `answers`; a reference
// without an answer is a refusal (rule `reference.unresolved`).
Verdict judge(const Request& request, const Answers& answers, const Policy& policy);

}  // namespace dockgate::policy
