// All that dockgate can be asked in numbers, in the text that Prometheus reads.
#pragma once

#include <string>
#include <vector>

#include "proxy/audit/recorder.h"
#include "proxy/door.h"
#include "proxy/generation.h"
#include "proxy/metrics/tally.h"
#include "proxy/reloader.h"

namespace dockgate::proxy {

// What the numbers are taken from.
struct Sources {
  const Generation& generation;
  const Reloader::Reloads& reloads;
  audit::Recorder::State audit;
  std::vector<const Tally*> tallies;  // one a worker
  std::vector<DoorState> doors;
  bool engine_answers = false;  // when it was asked just now,
  Clock::duration engine_time;  // and how long that took
};

std::string report(const Sources& sources);

}  // namespace dockgate::proxy
