// Tells a supervisor (systemd, or whoever set NOTIFY_SOCKET) how the program is, by the protocol
// of sd_notify(3): one datagram, such as `READY=1`. Without a supervisor it does nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace dockgate::proxy {

void notify_supervisor(std::string_view state);

// Within what time the supervisor wants to hear `WATCHDOG=1` again; nothing where it does not. By
// the protocol of sd_watchdog_enabled(3).
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace dockgate::proxy
