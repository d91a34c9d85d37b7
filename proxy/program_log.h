// The program's own log, on standard error: lines for people, or one JSON object a line with the
// keys `time` (RFC 3339, UTC), `level` and `message`.
#pragma once

#include "policy/settings.h"

namespace dockgate::proxy {

// To be called once, before anything is logged.
void open_log();

// Logs that way from now on. From any thread.
void set_log(const policy::Log& log);

}  // namespace dockgate::proxy
