// An option of a driver as refusals and the audit show it: drivers are given passwords and keys
// among their options, and nothing says which of them those are.
#pragma once

#include <string>

#include "policy/facts.h"

namespace dockgate::policy {

// `type=cifs`, `device=//server/share`, `o=username,password,ro`: the values of what Docker's own
// drivers are known to read, less users and passwords; of all else the name alone.
std::string shown_option(const AskedPair& option);

}  // namespace dockgate::policy
