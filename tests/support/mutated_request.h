// Requests that clients might send, changed a little or a lot: what a gate and an Engine may read
// differently, if anything.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/choices.h"

namespace dockgate::tests {

struct MutatedRequest {
  std::string method;
  std::string target;  // printable ASCII
  std::string body;    // any bytes

  friend bool operator==(const MutatedRequest&, const MutatedRequest&) = default;
};

// The next request of these choices.
MutatedRequest mutated_request(Choices& choices);

// The `number`th request of a seed, which is the same whatever others were made.
MutatedRequest mutated_request(std::uint64_t seed, std::uint64_t number);

}  // namespace dockgate::tests
