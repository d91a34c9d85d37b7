#include "tests/fuzz/strict_http.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>

namespace dockgate::tests {
namespace {

constexpr std::string_view line_end = "\r\n";

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_tchar(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string::npos);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_tchar);
}

bool is_target_byte(char c) { return c > ' ' && c <= '~'; }

bool is_value_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= ' ' && byte != 0x7f);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_blanks(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

struct Line {
  StrictReading reading = StrictReading::incomplete;
  std::string_view text = {};
};

// A carriage return stands before a line feed, and nowhere else; nor does a line feed.
Line take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find('\n');
  const std::string_view seen = bytes.substr(0, end);
  const std::size_t first_return = seen.find('\r');
  if (first_return != std::string_view::npos && first_return + 1 < seen.size()) {
    return {StrictReading::malformed};
  }
  if (end == std::string_view::npos) return {};
  if (first_return == std::string_view::npos) return {StrictReading::malformed};
  bytes.remove_prefix(end + 1);
  return {StrictReading::whole, seen.substr(0, first_return)};
}

StrictReading take_fields(std::string_view& bytes, StrictMessage& out) {
  while (true) {
    const Line line = take_line(bytes);
    if (line.reading != StrictReading::whole) return line.reading;
    if (line.text.empty()) return StrictReading::whole;
    const std::size_t colon = line.text.find(':');
    if (colon == std::string_view::npos) return StrictReading::malformed;
    const std::string_view name = line.text.substr(0, colon);
    const std::string_view value = without_blanks(line.text.substr(colon + 1));
    if (!is_token(name) || !std::all_of(value.begin(), value.end(), is_value_byte)) {
      return StrictReading::malformed;
    }
    out.fields.push_back({std::string(name), std::string(value)});
  }
}

std::optional<std::uint64_t> number(std::string_view text, unsigned base, std::size_t longest) {
  if (text.empty() || text.size() > longest) return std::nullopt;
  std::uint64_t out = 0;
  for (const char c : text) {
    const auto letter = static_cast<unsigned>(std::tolower(static_cast<unsigned char>(c)));
    unsigned digit = base;
    if (is_digit(c)) digit = letter - '0';
    if (letter >= 'a' && letter <= 'f') digit = letter - 'a' + 10;
    if (digit >= base) return std::nullopt;
    out = out * base + digit;
  }
  return out;
}

StrictReading take_bytes(std::string_view& bytes, std::uint64_t count, std::string& body) {
  const std::size_t there = std::min<std::uint64_t>(count, bytes.size());
  body += bytes.substr(0, there);
  bytes.remove_prefix(there);
  return there == count ? StrictReading::whole : StrictReading::incomplete;
}

StrictReading take_line_end(std::string_view& bytes) {
  const std::string_view there = bytes.substr(0, line_end.size());
  if (there != line_end.substr(0, there.size())) return StrictReading::malformed;
  bytes.remove_prefix(there.size());
  return there == line_end ? StrictReading::whole : StrictReading::incomplete;
}

// Digits and nothing else; more than 16 of them are no size.
StrictReading take_chunk_size(std::string_view& bytes, std::uint64_t& size) {
  const std::size_t digits =
      std::min(bytes.find_first_not_of("0123456789abcdefABCDEF"), bytes.size());
  if (digits == 0 && bytes.empty()) return StrictReading::incomplete;
  const auto read = number(bytes.substr(0, digits), 16, 16);
  if (!read) return StrictReading::malformed;
  size = *read;
  bytes.remove_prefix(digits);
  return take_line_end(bytes);
}

StrictReading take_chunks(std::string_view& bytes, StrictMessage& out) {
  while (true) {
    std::uint64_t size = 0;
    const StrictReading sized = take_chunk_size(bytes, size);
    if (sized != StrictReading::whole) return sized;
    if (size != 0) {
      const StrictReading taken = take_bytes(bytes, size, out.body);
      if (taken != StrictReading::whole) return taken;
      out.chunks.push_back(size);
    }
    const StrictReading after = take_line_end(bytes);
    if (after != StrictReading::whole || size == 0) return after;
  }
}

// What frames the body, by what its head announces.
StrictReading take_body(std::string_view& bytes, StrictFraming otherwise, StrictMessage& out) {
  const std::size_t lengths = out.count("content-length");
  const std::size_t encodings = out.count("transfer-encoding");
  if (lengths + encodings > 1) return StrictReading::malformed;
  if (encodings == 1) {
    const bool old = out.line.front() == "HTTP/1.0" || out.line.back() == "HTTP/1.0";
    if (old || lower(out.value("transfer-encoding")) != "chunked") return StrictReading::malformed;
    out.framing = StrictFraming::chunked;
    return take_chunks(bytes, out);
  }
  if (lengths == 1) {
    const auto length = number(out.value("content-length"), 10, 18);
    if (!length) return StrictReading::malformed;
    out.framing = StrictFraming::sized;
    return take_bytes(bytes, *length, out.body);
  }
  out.framing = otherwise;
  if (otherwise == StrictFraming::until_close) return take_bytes(bytes, bytes.size(), out.body);
  return StrictReading::whole;
}

bool is_version(std::string_view text) { return text == "HTTP/1.1" || text == "HTTP/1.0"; }

std::vector<std::string> parts_of(std::string_view line) {
  std::vector<std::string> out;
  while (out.size() < 2 && line.find(' ') != std::string_view::npos) {
    out.emplace_back(line.substr(0, line.find(' ')));
    line.remove_prefix(line.find(' ') + 1);
  }
  out.emplace_back(line);
  return out;
}

StrictReading take_head(std::string_view& bytes, StrictMessage& out) {
  const std::string_view all = bytes;
  const Line line = take_line(bytes);
  if (line.reading != StrictReading::whole) return line.reading;
  out.line = parts_of(line.text);
  const StrictReading fields = take_fields(bytes, out);
  if (fields == StrictReading::whole) out.head = all.substr(0, all.size() - bytes.size());
  return fields;
}

bool is_status(std::string_view text) {
  return text.size() == 3 && std::all_of(text.begin(), text.end(), is_digit) && text[0] >= '1' &&
         text[0] <= '5';
}

}  // namespace

std::size_t StrictMessage::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      fields.begin(), fields.end(), [name](const auto& one) { return lower(one.name) == name; }));
}

std::string StrictMessage::value(std::string_view name) const {
  const auto found = std::find_if(
      fields.begin(), fields.end(), [name](const auto& one) { return lower(one.name) == name; });
  return found == fields.end() ? "" : found->value;
}

StrictReading read_strict_request(std::string_view& bytes, StrictMessage& out) {
  std::string_view rest = bytes;
  const StrictReading head = take_head(rest, out);
  if (head != StrictReading::whole) return head;
  const auto& line = out.line;
  const bool sound = line.size() == 3 && is_token(line[0]) && !line[1].empty() &&
                     std::all_of(line[1].begin(), line[1].end(), is_target_byte) &&
                     is_version(line[2]);
  if (!sound) {
    out = {};
    return StrictReading::malformed;
  }
  const StrictReading body = take_body(rest, StrictFraming::none, out);
  if (body == StrictReading::whole) bytes = rest;
  return body;
}

StrictReading read_strict_answer(std::string_view& bytes,
                                 std::string_view method,
                                 StrictMessage& out) {
  std::string_view rest = bytes;
  const StrictReading head = take_head(rest, out);
  if (head != StrictReading::whole) return head;
  const auto& line = out.line;
  if (line.size() < 2 || !is_version(line[0]) || !is_status(line[1])) {
    return StrictReading::malformed;
  }
  const bool bodyless =
      method == "HEAD" || line[1][0] == '1' || line[1] == "204" || line[1] == "304";
  const StrictReading body =
      bodyless ? StrictReading::whole : take_body(rest, StrictFraming::until_close, out);
  if (body == StrictReading::whole) bytes = rest;
  return body;
}

bool is_in_own_words(const StrictMessage& request) {
  std::string head = request.line[0] + " " + request.line[1] + " HTTP/1.1\r\n";
  for (const StrictField& field : request.fields) {
    head.append(field.name).append(": ").append(field.value).append(line_end);
  }
  head += line_end;
  const bool upgrades = request.count("upgrade") == 1;
  const bool hops = request.count("connection") != (upgrades ? 1 : 0) ||
                    (upgrades && request.value("connection") != "Upgrade") ||
                    request.count("te") + request.count("trailer") + request.count("expect") +
                            request.count("keep-alive") + request.count("proxy-connection") !=
                        0;
  return head == request.head && request.count("host") == 1 &&
         request.fields.front() == StrictField{"Host", "docker"} && !hops &&
         request.line[1].front() == '/';
}

}  // namespace dockgate::tests
