// What everything on one thread shares, and no other thread touches.
#pragma once

#include "proxy/deadlines.h"
#include "proxy/generation.h"
#include "proxy/shared.h"

namespace dockgate::proxy {

struct Loop {
  Shared& shared;
  Deadlines deadlines;
  InForce in_force;  // what requests that begin from now on are judged by
};

}  // namespace dockgate::proxy
