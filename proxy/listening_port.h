// A TCP port to listen on.
#pragma once

#include <string>

#include "policy/settings.h"

namespace dockgate::proxy {

struct ListeningPort {
  int descriptor = -1;         // non-blocking and listening; the caller's
  policy::TcpAddress address;  // with the port that the kernel chose, where none was given
  std::string problem;         // "": it listens
};

// IPv6 addresses take IPv6 alone, so that a client's address is always its own.
ListeningPort listen_on(const policy::TcpAddress& address);

}  // namespace dockgate::proxy
