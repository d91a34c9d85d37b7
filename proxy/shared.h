// What all sessions of a program share, whatever is in force: safe from every thread.
#pragma once

#include "proxy/audit/recorder.h"
#include "proxy/volume_locks.h"

namespace dockgate::proxy {

struct Shared {
  audit::Recorder& recorder;
  VolumeLocks volumes{};
};

}  // namespace dockgate::proxy
