#include "proxy/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <string>

namespace dockgate::proxy {
namespace {

SocketAddress written(const policy::UnixAddress& address) {
  SocketAddress out;
  void* const any = &out.storage;
  auto* const place = static_cast<sockaddr_un*>(any);
  place->sun_family = AF_UNIX;
  if (address.path.size() >= sizeof place->sun_path) return out;
  std::memcpy(place->sun_path, address.path.data(), address.path.size());
  out.size = sizeof(sockaddr_un);
  return out;
}

SocketAddress written(const policy::TcpAddress& address) {
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

policy::TcpAddress tcp_of(int family, const void* bytes, std::uint16_t port) {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(family, bytes, text, sizeof text);
  return {.ip = text, .port = ntohs(port)};
}

}  // namespace

SocketAddress socket_address(const policy::ListenAddress& address) {
  return std::visit([](const auto& one) { return written(one); }, address);
}

std::optional<policy::ListenAddress> bound_address(int socket) {
  SocketAddress at;
  at.size = sizeof at.storage;
  if (::getsockname(socket, at.general(), &at.size) != 0) return std::nullopt;
  const void* const any = &at.storage;
  if (at.family() == AF_INET) {
    const auto* const four = static_cast<const sockaddr_in*>(any);
    return tcp_of(AF_INET, &four->sin_addr, four->sin_port);
  }
  if (at.family() == AF_INET6) {
    const auto* const six = static_cast<const sockaddr_in6*>(any);
    return tcp_of(AF_INET6, &six->sin6_addr, six->sin6_port);
  }
  if (at.family() != AF_UNIX || at.size <= offsetof(sockaddr_un, sun_path)) return std::nullopt;
  const auto* const place = static_cast<const sockaddr_un*>(any);
  if (place->sun_path[0] == '\0') return std::nullopt;
  return policy::UnixAddress{place->sun_path};
}

}  // namespace dockgate::proxy
