// A whole session in memory: a client's bytes in, the answers out, and an Engine that reads what it
// gets with the targets' own strict reader.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/strict_http.h"

namespace dockgate::tests {

// How the Engine answers, bit by bit.
struct EngineManners {
  bool chunked = false;  // bodies of its answers
  bool closes = false;   // the connection, after each answer
  bool ignores_upgrades = false;
  std::string_view says =
      {};  // instead of any answer of its own, to what is no lookup; then closes
};

struct Played {
  std::string to_client;
  std::vector<StrictMessage> seen;   // by the Engine, in the order in which they were whole
  std::vector<StrictMessage> begun;  // what of others had come when the connection ended
  std::vector<std::string> broken;   // what is no beginning of a request
  std::size_t answered = 0;          // by the Engine, all that it saw
};

// `piece`: how much of the client's bytes is there at once. The policy is `baseline`, which has
// what tests::small_engine says. Returns when the session and all its connections have ended.
Played play(std::string_view from_client, std::size_t piece, EngineManners manners);

// What an Engine's answer to `path` is, by small_engine; "" where it has no such thing.
std::string engine_document(std::string_view path);

}  // namespace dockgate::tests
