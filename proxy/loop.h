// What everything on one thread shares, and no other thread touches but to read the tally.
#pragma once

#include "proxy/deadlines.h"
#include "proxy/generation.h"
#include "proxy/metrics/tally.h"
#include "proxy/shared.h"

namespace dockgate::proxy {

struct Loop {
  Shared& shared;
  Deadlines deadlines;
  InForce in_force;  // what requests that begin from now on are judged by
  Tally tally{};
};

}  // namespace dockgate::proxy
