// Who the kernel says is at the other end of a socket.
#pragma once

#include <string>

#include "policy/peer.h"
#include "proxy/confine/executables.h"
#include "proxy/hang_up.h"

namespace dockgate::proxy {

// Credentials and groups of a Unix peer, as they were when it connected; the address of a TCP peer.
// What the kernel does not tell stays unknown, and matches nobody who is asked for by it.
policy::Peer peer_of(Socket& socket,
                     HangUp::Kind kind,
                     std::string listener,
                     confine::Executables& executables);

}  // namespace dockgate::proxy
