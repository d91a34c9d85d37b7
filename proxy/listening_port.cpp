#include "proxy/listening_port.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "proxy/socket_address.h"

namespace dockgate::proxy {
namespace {

constexpr int backlog = 1024;

bool switch_on(int socket, int level, int option) {
  const int on = 1;
  return ::setsockopt(socket, level, option, &on, sizeof on) == 0;
}

}  // namespace

ListeningPort listen_on(const policy::TcpAddress& address) {
  ListeningPort out{.address = address};
  const int family = address.is_ipv6() ? AF_INET6 : AF_INET;
  const int made = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const SocketAddress place = socket_address(address);
  const bool listens = made >= 0 && switch_on(made, SOL_SOCKET, SO_REUSEADDR) &&
                       (family == AF_INET || switch_on(made, IPPROTO_IPV6, IPV6_V6ONLY)) &&
                       ::bind(made, place.general(), place.size) == 0 &&
                       ::listen(made, backlog) == 0;
  if (!listens) {
    out.problem = "cannot listen on " + address.text() + ": " + std::strerror(errno);
    if (made >= 0) ::close(made);
    return out;
  }
  out.descriptor = made;
  // With the port that the kernel chose, where none was given.
  const auto bound = bound_address(made);
  if (bound) out.address = std::get<policy::TcpAddress>(*bound);
  return out;
}

}  // namespace dockgate::proxy
