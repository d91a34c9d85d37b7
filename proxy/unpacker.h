// The bytes of an archive that may be packed with gzip, as builds' contexts are by some clients.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "policy/result.h"
#include "proxy/http/head.h"

struct z_stream_s;

namespace dockgate::proxy {

class Unpacker {
 public:
  Unpacker();
  ~Unpacker();
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  // Takes bytes from the front of `packed` and appends what they hold, at most `most_at_once` of
  // it: called until `packed` is empty and nothing more is appended. What begins as gzip is one
  // member of it, and nothing follows that.
  Result<void, http::Malformed> next(std::string_view& packed, std::string& out);

  // Whether an end here leaves nothing out.
  bool complete() const { return kind_ != Kind::gzip || ended_; }

  static constexpr std::size_t most_at_once = 64 * 1024;

 private:
  enum class Kind : std::uint8_t { unknown, plain, gzip };

  Result<void, http::Malformed> inflate_next(std::string_view& packed, std::string& out);

  Kind kind_ = Kind::unknown;
  bool ended_ = false;
  std::unique_ptr<z_stream_s> stream_;
};

}  // namespace dockgate::proxy
