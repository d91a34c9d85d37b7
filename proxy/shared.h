// What all sessions of a program share: immutable, or safe from every thread.
#pragma once

#include "policy/settings.h"
#include "proxy/audit/recorder.h"
#include "proxy/client_use.h"
#include "proxy/host_paths.h"
#include "proxy/volume_locks.h"

namespace dockgate::proxy {

struct Shared {
  const policy::Settings& settings;
  audit::Recorder& recorder;
  HostPaths paths{settings.host_root};
  VolumeLocks volumes{};
  ClientUses clients{settings};
};

}  // namespace dockgate::proxy
