// The second half of a reason: what to do about it, in the words of the policy at hand.
#pragma once

#include <string>
#include <string_view>

#include "policy/policy.h"

namespace dockgate::policy {

// "drop it, or list it under container.allow.pid", and what the policy lists where that is short.
std::string drop_or_list(std::string_view setting, const Patterns& listed, const Policy& policy);

// "`ci` lists A, B"; "" where it lists nothing or more than fits a line.
std::string what_is_listed(const Patterns& listed, const Policy& policy);

}  // namespace dockgate::policy
