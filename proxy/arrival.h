// A connection that was accepted, on its way from the listener to the thread that serves it.
#pragma once

#include <memory>
#include <string>

#include "certs/tls_context.h"
#include "proxy/counted.h"
#include "proxy/hang_up.h"

namespace dockgate::proxy {

struct Arrival {
  Socket socket;
  HangUp::Kind kind;
  std::string listener;                          // its address, as the settings have it
  std::shared_ptr<const certs::TlsContext> tls;  // nullptr: plain bytes
  Counted of_listener;
  bool too_many = false;  // for this listener
};

}  // namespace dockgate::proxy
