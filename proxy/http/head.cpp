#include "proxy/http/head.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <cstddef>
#include <optional>

#include "proxy/http/characters.h"

namespace dockgate::proxy::http {
namespace {

constexpr std::size_t usual_fields = 12;
constexpr std::size_t most_fields = 100;
constexpr std::string_view http2_preface = "PRI ";

// Fields of which a second one would be read by one side and not by the other.
constexpr Known only_once[] = {Known::host,
                               Known::content_length,
                               Known::transfer_encoding,
                               Known::content_type,
                               Known::content_encoding,
                               Known::expect,
                               Known::upgrade,
                               Known::sec_websocket_key,
                               Known::sec_websocket_version};
constexpr std::string_view only_once_by_name[] = {"X-Registry-Auth", "X-Registry-Config"};

// Fields that `Connection` must not take away: the message would mean something else without.
constexpr std::string_view never_by_connection[] = {
    "content-length", "transfer-encoding", "host", "content-type"};

Malformed bad(std::string what) { return Malformed(400, std::move(what)); }

// Takes up to `end` off the front of `text`, and the separator with it.
std::optional<std::string_view> cut(std::string_view& text, std::string_view separator) {
  const std::size_t end = text.find(separator);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view front = text.substr(0, end);
  text.remove_prefix(end + separator.size());
  return front;
}

Result<Version, Malformed> read_version(std::string_view text) {
  if (text == "HTTP/1.1") return Version::http_1_1;
  if (text == "HTTP/1.0") return Version::http_1_0;
  const bool some_other = text.size() == 8 && text.substr(0, 5) == "HTTP/" && digits.has(text[5]) &&
                          text[6] == '.' && digits.has(text[7]);
  if (some_other) return Malformed(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  return bad("the request line does not end in an HTTP version");
}

Result<void, Malformed> read_request_line(std::string_view line, RequestHead& head) {
  const auto method = cut(line, " ");
  const auto target = cut(line, " ");
  if (!method || !target) return bad("the request line is not `METHOD target HTTP/1.1`");
  if (!is_token(*method)) return bad("the method is no token");
  if (target->empty() || !visible_ascii.has_all(*target)) {
    return bad("the target holds bytes that are not visible ASCII");
  }
  const auto version = read_version(line);
  if (!version) return version.error();
  head.method = *method;
  head.target = *target;
  head.version = *version;
  return {};
}

Result<void, Malformed> read_status_line(std::string_view line, ResponseHead& head) {
  const auto version_text = cut(line, " ");
  if (!version_text) return bad("the status line is not `HTTP/1.1 200 OK`");
  const auto version = read_version(*version_text);
  if (!version) return version.error();
  const std::string_view code = line.substr(0, 3);
  const bool three_digits = code.size() == 3 && digits.has_all(code);
  const bool ends = line.size() == 3 || (line.size() > 3 && line[3] == ' ');
  if (!three_digits || !ends || code[0] < '1' || code[0] > '5') {
    return bad("the status is not 100 to 599");
  }
  head.version = *version;
  head.status = 0;
  for (const char digit : code) head.status = head.status * 10 + static_cast<unsigned>(digit - '0');
  return {};
}

Result<void, Malformed> read_field(std::string_view line, Field& field) {
  std::size_t colon = 0;
  while (colon < line.size() && token_bytes.has(line[colon])) ++colon;
  if (colon == 0 || colon == line.size() || line[colon] != ':') {
    return bad("a header line is not `Name: value`");
  }
  field.name = line.substr(0, colon);
  field.value = trimmed(line.substr(colon + 1));
  if (!field_bytes.has_all(field.value)) {
    return bad("header `" + std::string(field.name) + "` holds control characters");
  }
  field.known = boost::beast::http::string_to_field(field.name);
  return {};
}

bool stands_once(const Field& field) {
  if (field.known != Known::unknown) {
    return std::find(std::begin(only_once), std::end(only_once), field.known) !=
           std::end(only_once);
  }
  return std::any_of(
      std::begin(only_once_by_name), std::end(only_once_by_name), [&field](std::string_view name) {
        return boost::beast::iequals(field.name, name);
      });
}

bool is_there(const Fields& fields, const Field& field) {
  return std::any_of(fields.all().begin(), fields.all().end(), [&field](const Field& other) {
    return boost::beast::iequals(other.name, field.name);
  });
}

Result<void, Malformed> read_fields(std::string_view lines, Fields& fields) {
  std::size_t count = 0;
  fields.reserve(usual_fields);
  while (const auto line = cut(lines, "\r\n")) {
    if (line->empty()) return {};
    if (++count > most_fields) return Malformed(431, "more than 100 header fields");
    Field field;
    if (const auto read = read_field(*line, field); !read) return read.error();
    if (stands_once(field) && is_there(fields, field)) {
      return bad("header `" + std::string(field.name) + "` is given twice");
    }
    fields.add(field);
  }
  return bad("the head does not end in an empty line");
}

Result<void, Malformed> check_connection(const Fields& fields) {
  for (const std::string_view name : never_by_connection) {
    if (fields.lists(Known::connection, name)) {
      return bad("`Connection` names `" + std::string(name) + "`");
    }
  }
  return {};
}

}  // namespace

Result<void, Malformed> HeadText::take_line_end() {
  const std::string_view line = std::string_view(text_).substr(line_begin_);
  const bool ends_in_crlf = line.size() >= 2 && line.find('\r') == line.size() - 2;
  if (!ends_in_crlf) return bad("a line of the head does not end in CRLF");
  if (line.size() == 2 && line_begin_ == 0) return bad("an empty line stands before the head");
  complete_ = line.size() == 2;
  line_begin_ = text_.size();
  return {};
}

Result<std::size_t, Malformed> HeadText::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (!complete_ && used < bytes.size()) {
    const std::size_t line_feed = bytes.find('\n', used);
    const bool ends = line_feed != std::string_view::npos;
    const std::size_t stop = ends ? line_feed + 1 : bytes.size();
    const bool first = text_.empty();
    text_.append(bytes, used, stop - used);
    used = stop;
    if (text_.size() > limit_) {
      return Malformed(431, "the head is longer than " + std::to_string(limit_) + " bytes");
    }
    // TLS, and everything else that is not HTTP, shows in its first byte.
    if (first && text_[0] != '\r' && !token_bytes.has(text_[0])) return bad("this is not HTTP");
    if (line_begin_ == 0 && text_.compare(0, http2_preface.size(), http2_preface) == 0) {
      return Malformed(505, "HTTP/2 is not spoken here");
    }
    if (!ends) break;
    if (const auto taken = take_line_end(); !taken) return taken.error();
  }
  return used;
}

void HeadText::reset() {
  constexpr std::size_t usual = 4 * 1024;
  if (text_.capacity() > usual) text_.shrink_to_fit();
  text_.clear();
  line_begin_ = 0;
  complete_ = false;
}

const Field* Fields::find(Known known) const {
  for (const Field& field : all_) {
    if (field.known == known) return &field;
  }
  return nullptr;
}

std::string_view Fields::value_of(Known known) const {
  const Field* const field = find(known);
  return field == nullptr ? std::string_view() : field->value;
}

std::string_view Fields::value_of(std::string_view name) const {
  for (const Field& field : all_) {
    if (boost::beast::iequals(field.name, name)) return field.value;
  }
  return {};
}

bool Fields::lists(Known known, std::string_view token) const {
  for (const Field& field : all_) {
    if (field.known != known) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::string_view item = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(item.size() + 1, rest.size()));
      if (boost::beast::iequals(trimmed(item), token)) return true;
    }
  }
  return false;
}

Result<RequestHead, Malformed> read_request_head(std::string_view text) {
  RequestHead head;
  const auto line = cut(text, "\r\n");
  if (!line) return bad("there is no request line");
  if (const auto read = read_request_line(*line, head); !read) return read.error();
  if (const auto read = read_fields(text, head.fields); !read) return read.error();
  if (const auto checked = check_connection(head.fields); !checked) return checked.error();
  if (head.version == Version::http_1_1 && !head.fields.has(Known::host)) {
    return bad("there is no `Host` header");
  }
  return head;
}

Result<ResponseHead, Malformed> read_response_head(std::string_view text) {
  ResponseHead head;
  const auto line = cut(text, "\r\n");
  if (!line) return bad("there is no status line");
  if (const auto read = read_status_line(*line, head); !read) return read.error();
  if (const auto read = read_fields(text, head.fields); !read) return read.error();
  return head;
}

}  // namespace dockgate::proxy::http
