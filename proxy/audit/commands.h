// What `dockgate audit …` does.
#pragma once

#include "proxy/audit/command_line.h"

namespace dockgate::proxy::audit {

// The program's exit status.
int run(const Command& command);

}  // namespace dockgate::proxy::audit
