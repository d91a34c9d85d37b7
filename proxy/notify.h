// Tells a supervisor (systemd, or whoever set NOTIFY_SOCKET) how the program is, by the protocol
// of sd_notify(3): one datagram, such as `READY=1`. Without a supervisor it does nothing.
#pragma once

#include <string_view>

namespace dockgate::proxy {

void notify_supervisor(std::string_view state);

}  // namespace dockgate::proxy
