#include "proxy/listening_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace dockgate::proxy {
namespace {

constexpr int backlog = 1024;

// An address of either family, as the C library passes them about.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  // The C library wants a pointer to the general type.
  sockaddr* general() { return static_cast<sockaddr*>(static_cast<void*>(&storage)); }

  std::uint16_t port() {
    const bool six = storage.ss_family == AF_INET6;
    void* const any = &storage;
    return ntohs(six ? static_cast<sockaddr_in6*>(any)->sin6_port
                     : static_cast<sockaddr_in*>(any)->sin_port);
  }
};

SocketAddress socket_address(const policy::TcpAddress& address) {
  SocketAddress out;
  void* const any = &out.storage;
  if (address.is_ipv6()) {
    auto* const six = static_cast<sockaddr_in6*>(any);
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(address.port);
    ::inet_pton(AF_INET6, address.ip.c_str(), &six->sin6_addr);
    out.size = sizeof(sockaddr_in6);
  } else {
    auto* const four = static_cast<sockaddr_in*>(any);
    four->sin_family = AF_INET;
    four->sin_port = htons(address.port);
    ::inet_pton(AF_INET, address.ip.c_str(), &four->sin_addr);
    out.size = sizeof(sockaddr_in);
  }
  return out;
}

bool switch_on(int socket, int level, int option) {
  const int on = 1;
  return ::setsockopt(socket, level, option, &on, sizeof on) == 0;
}

}  // namespace

ListeningPort listen_on(const policy::TcpAddress& address) {
  ListeningPort out{.address = address};
  const int family = address.is_ipv6() ? AF_INET6 : AF_INET;
  const int made = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  SocketAddress place = socket_address(address);
  const bool listens = made >= 0 && switch_on(made, SOL_SOCKET, SO_REUSEADDR) &&
                       (family == AF_INET || switch_on(made, IPPROTO_IPV6, IPV6_V6ONLY)) &&
                       ::bind(made, place.general(), place.size) == 0 &&
                       ::listen(made, backlog) == 0 &&
                       ::getsockname(made, place.general(), &place.size) == 0;
  if (!listens) {
    out.problem = "cannot listen on " + address.text() + ": " + std::strerror(errno);
    if (made >= 0) ::close(made);
    return out;
  }
  out.descriptor = made;
  out.address.port = place.port();
  return out;
}

}  // namespace dockgate::proxy
