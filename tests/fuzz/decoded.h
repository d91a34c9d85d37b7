// A body taken apart in pieces of one size.
#pragma once

#include <string>
#include <string_view>

#include "proxy/http/framing.h"

namespace dockgate::tests {

struct Decoded {
  std::string body;
  std::size_t used = 0;
  bool complete = false;
  bool refused = false;

  friend bool operator==(const Decoded&, const Decoded&) = default;
};

Decoded decoded(const proxy::http::Framing& framing, std::string_view bytes, std::size_t piece);

// What comes out of a body that was written in chunks of one size.
std::string rechunked(std::string_view body, std::size_t piece);

}  // namespace dockgate::tests
