#include "proxy/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

namespace dockgate::proxy {

void notify_supervisor(std::string_view state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length == 0 || length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract namespace
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  const void* const general = &address;
  // A supervisor that cannot be told goes on without knowing; there is nobody else to tell.
  [[maybe_unused]] const ssize_t sent = ::sendto(socket,
                                                 state.data(),
                                                 state.size(),
                                                 MSG_NOSIGNAL,
                                                 static_cast<const sockaddr*>(general),
                                                 size);
  ::close(socket);
}

std::optional<std::chrono::microseconds> watchdog_interval() {
  const char* const whose = std::getenv("WATCHDOG_PID");
  if (whose != nullptr && std::to_string(::getpid()) != whose) return std::nullopt;
  const char* const text = std::getenv("WATCHDOG_USEC");
  if (text == nullptr) return std::nullopt;
  const long long interval = std::strtoll(text, nullptr, 10);
  if (interval <= 0) return std::nullopt;
  return std::chrono::microseconds(interval);
}

}  // namespace dockgate::proxy
