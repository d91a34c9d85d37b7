// Addresses of sockets, as the settings have them and as the C library passes them about.
#pragma once

#include <sys/socket.h>

#include <optional>

#include "policy/settings.h"

namespace dockgate::proxy {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;  // 0: it has no such form, because its path is too long

  int family() const { return storage.ss_family; }

  // The C library wants a pointer to the general type.
  sockaddr* general() { return static_cast<sockaddr*>(static_cast<void*>(&storage)); }

  const sockaddr* general() const {
    return static_cast<const sockaddr*>(static_cast<const void*>(&storage));
  }
};

SocketAddress socket_address(const policy::ListenAddress& address);

// Where a socket is bound; nothing for what is no address of the settings: no name, abstract names,
// other families.
std::optional<policy::ListenAddress> bound_address(int socket);

}  // namespace dockgate::proxy
