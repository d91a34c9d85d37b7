// Request and response heads, read strictly and without I/O.
//
// What two parsers could read differently is refused here, never repaired: lines end in CRLF and
// nothing else, no line is folded, none is empty before its time, and what says where the message
// ends or what its body is stands there once. Targets are visible ASCII; what they mean is for
// policy/request.h to say.
#pragma once

#include <boost/beast/http/field.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/result.h"

namespace dockgate::proxy::http {

using Known = boost::beast::http::field;

// Why bytes are no HTTP that dockgate takes, and the status that says so. Nothing after them can
// be trusted: the connection ends.
struct Malformed {
  Malformed() = default;

  Malformed(unsigned with_status, std::string why) : status(with_status), what(std::move(why)) {}

  unsigned status = 400;
  std::string what;
};

// Gathers the bytes of one head, however they are cut.
class HeadText {
 public:
  explicit HeadText(std::size_t limit) : limit_(limit) {}

  // Takes from the front of `bytes` up to the end of the head and returns how many that were.
  // Bytes that no head has are refused as soon as they are seen.
  Result<std::size_t, Malformed> feed(std::string_view bytes);

  bool complete() const { return complete_; }

  // Whether anything has come yet.
  bool begun() const { return !text_.empty(); }

  // All of it with its empty line. Valid until the next `feed` or `reset`.
  std::string_view text() const { return text_; }

  // Begins the next head.
  void reset();

  // The same, with another limit.
  void reset(std::size_t limit) {
    limit_ = limit;
    reset();
  }

 private:
  Result<void, Malformed> take_line_end();

  std::string text_;
  std::size_t limit_;
  std::size_t line_begin_ = 0;
  bool complete_ = false;
};

// Views into the text of the head it was read from.
struct Field {
  Known known = Known::unknown;
  std::string_view name;
  std::string_view value;  // without the blanks around it
};

class Fields {
 public:
  // The one field of that name, or nullptr. Fields that may repeat: the first.
  const Field* find(Known known) const;
  std::string_view value_of(Known known) const;  // "" where there is none

  // The value of the one field of that name, which Beast does not know, in any case; "".
  std::string_view value_of(std::string_view name) const;

  bool has(Known known) const { return find(known) != nullptr; }

  // Whether a list such as `Connection: keep-alive, Upgrade` names it, in any case.
  bool lists(Known known, std::string_view token) const;

  void add(const Field& field) { all_.push_back(field); }

  void reserve(std::size_t count) { all_.reserve(count); }

  const std::vector<Field>& all() const { return all_; }

 private:
  std::vector<Field> all_;
};

enum class Version : std::uint8_t { http_1_0, http_1_1 };

struct RequestHead {
  std::string_view method;
  std::string_view target;
  Version version = Version::http_1_1;
  Fields fields;
};

struct ResponseHead {
  Version version = Version::http_1_1;
  unsigned status = 0;
  Fields fields;
};

// `text` is a complete head as HeadText gathers it; the result views into it.
Result<RequestHead, Malformed> read_request_head(std::string_view text);
Result<ResponseHead, Malformed> read_response_head(std::string_view text);

}  // namespace dockgate::proxy::http
