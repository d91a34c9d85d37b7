// What `dockgate certs …` does and prints.
#pragma once

#include "proxy/certs_command_line.h"

namespace dockgate::proxy {

// The exit status: 0; 2 with a mistake, 1 with a failure, which it prints to standard error.
int run_certs(const CertsCommand& command);

}  // namespace dockgate::proxy
