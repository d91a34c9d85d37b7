// What all sessions of a program share, whatever is in force: safe from every thread.
#pragma once

#include "proxy/audit/recorder.h"
#include "proxy/confine/executables.h"
#include "proxy/counted.h"
#include "proxy/volume_locks.h"

namespace dockgate::proxy {

struct Shared {
  audit::Recorder& recorder;
  confine::Executables& executables;
  VolumeLocks volumes{};
  Count held = new_count();  // bytes that are held to be judged
};

}  // namespace dockgate::proxy
