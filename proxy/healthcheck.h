// What a container's supervisor asks: whether the dockgate of this configuration serves.
#pragma once

#include "policy/settings.h"

namespace dockgate::proxy {

// Asks the admin listener whether it is ready or, where there is none, a listener of clients for
// the Engine's `_ping`. 0 where the answer is 200; else 1, and what is wrong on standard error.
int healthcheck(const policy::Settings& settings);

}  // namespace dockgate::proxy
