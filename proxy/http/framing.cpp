#include "proxy/http/framing.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <charconv>
#include <string>

#include "proxy/http/characters.h"

namespace dockgate::proxy::http {
namespace {

constexpr int most_size_digits = 16;
constexpr std::size_t most_length_digits = 18;

Malformed bad(std::string what) { return Malformed(400, std::move(what)); }

int hex_digit(char c) {
  if (digits.has(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::uint64_t, Malformed> read_length(std::string_view text) {
  const bool readable = !text.empty() && text.size() <= most_length_digits &&
                        digits.has_all(text);
  if (!readable) return bad("`Content-Length` is not a plain number");
  std::uint64_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length;
}

Result<Framing, Malformed> announced(const Fields& fields, Version version, Framing otherwise) {
  const Field* const length = fields.find(Known::content_length);
  const Field* const encoding = fields.find(Known::transfer_encoding);
  if (length != nullptr && encoding != nullptr) {
    return bad("`Content-Length` and `Transfer-Encoding` stand together");
  }
  if (encoding != nullptr) {
    if (version == Version::http_1_0) return bad("`Transfer-Encoding` on HTTP/1.0");
    if (!boost::beast::iequals(encoding->value, "chunked")) {
      return Malformed(501, "no `Transfer-Encoding` but `chunked` is taken");
    }
    return Framing{Framing::Kind::chunked};
  }
  if (length == nullptr) return otherwise;
  const auto read = read_length(length->value);
  if (!read) return read.error();
  return Framing{Framing::Kind::sized, *read};
}

bool never_has_body(unsigned status, std::string_view method) {
  return method == "HEAD" || status < 200 || status == 204 || status == 304;
}

}  // namespace

Result<Framing, Malformed> framing_of(const RequestHead& head) {
  return announced(head.fields, head.version, Framing{});
}

Result<Framing, Malformed> framing_of(const ResponseHead& head, std::string_view method) {
  const Framing until_close{Framing::Kind::until_close};
  auto framing = announced(head.fields, head.version, until_close);
  if (framing && never_has_body(head.status, method)) return Framing{};
  return framing;
}

BodyDecoder::BodyDecoder(Framing framing) : kind_(framing.kind), left_(framing.length) {
  if (kind_ == Framing::Kind::chunked) state_ = State::size;
  if (kind_ == Framing::Kind::sized && left_ != 0) state_ = State::bytes;
  if (kind_ == Framing::Kind::until_close) state_ = State::bytes;
}

Result<void, Malformed> BodyDecoder::take_size_byte(char c) {
  const int digit = hex_digit(c);
  if (digit >= 0 && digits_ < most_size_digits) {
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    ++digits_;
    return {};
  }
  if (c != '\r' || digits_ == 0) return bad("a chunk does not begin with its size alone");
  state_ = State::size_end;
  return {};
}

// One byte of what is not body.
Result<void, Malformed> BodyDecoder::take_mark(char c) {
  switch (state_) {
    case State::size:
      return take_size_byte(c);
    case State::size_end:
      if (c != '\n') return bad("a chunk's size does not end in CRLF");
      state_ = left_ == 0 ? State::last_cr : State::bytes;
      return {};
    case State::bytes_cr:
      if (c != '\r') return bad("a chunk does not end in CRLF");
      state_ = State::bytes_lf;
      return {};
    case State::bytes_lf:
      if (c != '\n') return bad("a chunk does not end in CRLF");
      state_ = State::size;
      digits_ = 0;
      return {};
    case State::last_cr:
      if (c != '\r') return bad("trailers are not taken");
      state_ = State::last_lf;
      return {};
    case State::last_lf:
      if (c != '\n') return bad("the last chunk does not end in CRLF");
      state_ = State::complete;
      return {};
    case State::bytes:
    case State::complete:
      return {};
  }
  return {};
}

BodyDecoder::Step BodyDecoder::take_bytes(std::string_view bytes) {
  if (kind_ == Framing::Kind::until_close) return {bytes.size(), bytes};
  const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  left_ -= size;
  if (left_ == 0) {
    state_ = kind_ == Framing::Kind::chunked ? State::bytes_cr : State::complete;
  }
  return {size, bytes.substr(0, size)};
}

Result<BodyDecoder::Step, Malformed> BodyDecoder::next(std::string_view bytes) {
  std::size_t marks = 0;
  while (marks < bytes.size() && state_ != State::bytes && state_ != State::complete) {
    if (const auto taken = take_mark(bytes[marks]); !taken) return taken.error();
    ++marks;
  }
  Step step{marks, {}};
  if (state_ == State::bytes && marks < bytes.size()) {
    const Step taken = take_bytes(bytes.substr(marks));
    step = {marks + taken.used, taken.body};
  }
  // What follows the last bytes is taken with them: a complete body is known to be complete.
  while (step.used < bytes.size() && state_ != State::bytes && state_ != State::complete) {
    if (const auto taken = take_mark(bytes[step.used]); !taken) return taken.error();
    ++step.used;
  }
  return step;
}

ChunkSize::ChunkSize(std::uint64_t size) {
  char* const end = text_.data() + text_.size();
  char* stop = std::to_chars(text_.data(), end, size, 16).ptr;
  *stop++ = '\r';
  *stop++ = '\n';
  length_ = static_cast<std::size_t>(stop - text_.data());
}

Result<Beginning, Malformed> beginning_of(const Framing& framing,
                                          std::string_view bytes,
                                          std::size_t wanted) {
  BodyDecoder decoder(framing);
  Beginning out;
  bool cut = false;
  while (!bytes.empty() && !decoder.complete() && out.bytes.size() < wanted) {
    const auto step = decoder.next(bytes);
    if (!step) return step.error();
    cut = step->body.size() > wanted - out.bytes.size();
    out.bytes += step->body.substr(0, wanted - out.bytes.size());
    bytes.remove_prefix(step->used);
  }
  out.complete = decoder.complete() && !cut;
  return out;
}

}  // namespace dockgate::proxy::http
