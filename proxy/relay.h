// Bytes from one side to the other, with back-pressure: nothing is read that cannot be written on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proxy/byte_stream.h"
#include "proxy/http/framing.h"
#include "proxy/input_buffer.h"

namespace dockgate::proxy {

// One body on its way. All that it names outlives the relay.
struct BodyRelay {
  enum class As : std::uint8_t { plain, chunked };

  ByteStream& from;
  InputBuffer& input;  // of `from`
  http::BodyDecoder& decoder;
  ByteStream& to;
  As as = As::plain;
  std::string_view lead = {};   // goes out before, in the same write as what is there of the body
  std::uint64_t& count;         // grows by the bytes of body that went out
  std::string* kept = nullptr;  // gets the body's beginning, up to `most_kept` bytes and a piece

  static constexpr std::size_t most_kept = 16 << 10;
};

enum class BodyEnd : std::uint8_t { complete, source_ended, source_malformed, sink_failed };

// Takes the body apart and frames it anew; every piece goes on at once. Only a complete body gets
// its last chunk.
Task<BodyEnd> relay_body(BodyRelay relay);

struct Tunnel {
  ByteStream& client;
  InputBuffer& from_client;
  ByteStream& engine;
  InputBuffer& from_engine;
  Clock::duration farewell;  // for the client to finish, after the Engine's end
  std::uint64_t& bytes_in;   // grow by what went to the Engine and to the client
  std::uint64_t& bytes_out;
};

// Both ways until both sides have ended; each side's end is passed on by itself. No time limit
// until the Engine has ended. A client that left for good takes the Engine's connection with it,
// after all it had written. Both streams are to be closed afterwards.
Task<void> relay_tunnel(Tunnel tunnel);

}  // namespace dockgate::proxy
