// Resource limits, and what others may see of the process.
#pragma once

#include <string>

#include "policy/settings.h"

namespace dockgate::proxy::confine {

// `ulimits:`; the number of open files is raised as far as it goes where it is not named, because a
// connection takes up to three. "", or what failed.
std::string set_limits(const policy::Confinement& confinement);

// Neither core dumps nor a debugger show what is in memory (TLS keys, clients' credentials). After
// the user has changed: the kernel decides anew then. "", or what failed.
std::string hide_memory();

// No program that is executed from now on gets rights by a bit of its file. "", or what failed.
std::string renounce_new_privileges();

}  // namespace dockgate::proxy::confine
