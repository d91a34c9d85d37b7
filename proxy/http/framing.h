// Where a body ends. Nothing else in dockgate decides it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "policy/result.h"
#include "proxy/http/head.h"

namespace dockgate::proxy::http {

struct Framing {
  enum class Kind : std::uint8_t {
    none,         // the message ends with its head
    sized,        // after `length` bytes
    chunked,      // with the last chunk
    until_close,  // with the connection; answers only
  };
  Kind kind = Kind::none;
  std::uint64_t length = 0;

  // Whether a body can follow at all.
  bool has_body() const { return kind != Kind::none && (kind != Kind::sized || length != 0); }

  friend bool operator==(const Framing&, const Framing&) = default;
};

// Content-Length or Transfer-Encoding, never both; a length of digits alone; `chunked` alone, and
// only on HTTP/1.1.
Result<Framing, Malformed> framing_of(const RequestHead& head);

// The same for an answer to `method`. What cannot have a body has none, whatever it announces.
Result<Framing, Malformed> framing_of(const ResponseHead& head, std::string_view method);

// Takes a body apart, however its bytes are cut. Chunks are `[0-9A-Fa-f]{1,16}CRLF bytes CRLF`:
// no extensions and no trailers, so that nobody can read their ends differently.
class BodyDecoder {
 public:
  explicit BodyDecoder(Framing framing);

  struct Step {
    std::size_t used = 0;   // bytes taken from the front
    std::string_view body;  // those of them that are body; a view into what was fed
  };

  // Takes the next stretch of body, or what stands between two. Called until `complete` or until
  // all bytes are used.
  Result<Step, Malformed> next(std::string_view bytes);

  // For a body that ends with its connection: the peer has ended.
  bool complete_at_end() const { return kind_ == Framing::Kind::until_close; }

  bool complete() const { return state_ == State::complete; }

 private:
  enum class State : std::uint8_t {
    size,      // digits of a chunk's size
    size_end,  // the LF after it
    bytes,     // `left_` bytes of body
    bytes_cr,  // the CRLF after a chunk
    bytes_lf,
    last_cr,  // the empty line after the last chunk
    last_lf,
    complete,
  };

  Result<void, Malformed> take_mark(char c);
  Result<void, Malformed> take_size_byte(char c);
  Step take_bytes(std::string_view bytes);

  Framing::Kind kind_;
  State state_ = State::complete;
  std::uint64_t left_ = 0;
  int digits_ = 0;
};

// The beginning of a body whose bytes are still to be taken.
struct Beginning {
  std::string bytes;
  bool complete = false;  // that is all of it
};

// At most `wanted` bytes, of those that have come; they stay where they are.
Result<Beginning, Malformed> beginning_of(const Framing& framing,
                                          std::string_view bytes,
                                          std::size_t wanted);

inline constexpr std::string_view last_chunk = "0\r\n\r\n";

// `1a2b` and CRLF: what stands before a chunk of that many bytes. Lives as long as the text used.
class ChunkSize {
 public:
  explicit ChunkSize(std::uint64_t size);

  std::string_view text() const { return {text_.data(), length_}; }

 private:
  std::array<char, 18> text_{};
  std::size_t length_ = 0;
};

}  // namespace dockgate::proxy::http
