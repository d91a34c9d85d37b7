// The program as the kernel sees it: what Prometheus calls process_*.
#pragma once

#include "proxy/metrics/exposition.h"

namespace dockgate::proxy {

// Leaves out what cannot be read.
void write_process(Exposition& out);

}  // namespace dockgate::proxy
