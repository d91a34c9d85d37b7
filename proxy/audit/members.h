// Members of one JSON object, in the order they are written.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "policy/json.h"

namespace dockgate::proxy::audit {

class Members {
 public:
  // Opens an object; `out` outlives it.
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }

  void text(std::string_view key, std::string_view value) {
    begin(key);
    policy::write_json_string(value, out_);
  }

  void text_unless_empty(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }

  // Nothing for an empty list.
  template <class Texts>
  void texts(std::string_view key, const Texts& values) {
    if (values.empty()) return;
    begin(key);
    out_ += '[';
    for (const auto& value : values) {
      if (out_.back() != '[') out_ += ',';
      policy::write_json_string(value, out_);
    }
    out_ += ']';
  }

  void number(std::string_view key, std::uint64_t value) {
    char digits[20];
    const auto end = std::to_chars(digits, std::end(digits), value).ptr;
    raw(key, {digits, static_cast<std::size_t>(end - digits)});
  }

  void raw(std::string_view key, std::string_view json) {
    begin(key);
    out_ += json;
  }

  // For a value that is written right after.
  void begin(std::string_view key) {
    const bool first = out_.back() == '{';
    const std::size_t at = out_.size();
    out_.resize(at + key.size() + (first ? 3 : 4));
    char* to = out_.data() + at;
    if (!first) *to++ = ',';
    *to++ = '"';
    to = std::copy(key.begin(), key.end(), to);
    *to++ = '"';
    *to = ':';
  }

  void finish() { out_ += '}'; }

 private:
  std::string& out_;
};

}  // namespace dockgate::proxy::audit
