#include "proxy/unpacker.h"

#include <zlib.h>

#include <algorithm>

namespace dockgate::proxy {
namespace {

// The first byte of gzip's mark; no name in an archive that anybody wants begins with it.
constexpr char gzip_mark = '\x1f';
constexpr int gzip_alone = 16;  // added to the window's bits: no other format is taken

}  // namespace

Unpacker::Unpacker() = default;

Unpacker::~Unpacker() {
  if (stream_ != nullptr) ::inflateEnd(stream_.get());
}

Result<void, http::Malformed> Unpacker::next(std::string_view& packed, std::string& out) {
  if (kind_ == Kind::unknown && !packed.empty()) {
    kind_ = packed.front() == gzip_mark ? Kind::gzip : Kind::plain;
  }
  if (kind_ == Kind::gzip) return inflate_next(packed, out);
  const auto part = packed.substr(0, most_at_once);
  out += part;
  packed.remove_prefix(part.size());
  return {};
}

Result<void, http::Malformed> Unpacker::inflate_next(std::string_view& packed, std::string& out) {
  if (ended_) {
    if (packed.empty()) return {};
    return http::Malformed(400, "something follows the end of the packed archive");
  }
  if (stream_ == nullptr) {
    stream_ = std::make_unique<z_stream_s>();
    if (::inflateInit2(stream_.get(), MAX_WBITS + gzip_alone) != Z_OK) {
      stream_.reset();
      return http::Malformed(503, "there is no memory to unpack the archive");
    }
  }
  const std::size_t before = out.size();
  out.resize(before + most_at_once);
  stream_->next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(packed.data()));
  stream_->avail_in = static_cast<unsigned>(std::min<std::size_t>(packed.size(), 1U << 30U));
  stream_->next_out = reinterpret_cast<unsigned char*>(out.data() + before);
  stream_->avail_out = most_at_once;
  const unsigned given = stream_->avail_in;
  const int result = ::inflate(stream_.get(), Z_NO_FLUSH);
  packed.remove_prefix(given - stream_->avail_in);
  out.resize(out.size() - stream_->avail_out);
  ended_ = result == Z_STREAM_END;
  // Z_BUF_ERROR: nothing to read, and nothing left to write.
  if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
    return http::Malformed(400, "the packed archive is malformed");
  }
  return {};
}

}  // namespace dockgate::proxy
