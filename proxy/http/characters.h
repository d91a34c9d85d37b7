// The alphabets of HTTP/1 (RFC 9110 section 5, RFC 9112).
#pragma once

#include <algorithm>
#include <string_view>

namespace dockgate::proxy::http {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

inline bool is_visible_ascii(char c) { return c > 0x20 && c < 0x7f; }

// tchar: what methods and header names are made of.
inline bool is_token_byte(char c) {
  constexpr std::string_view separators = "\"(),/:;<=>?@[\\]{}";
  return is_visible_ascii(c) && separators.find(c) == std::string_view::npos;
}

inline bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_byte);
}

// What a header's value may hold: no control character but the tab.
inline bool is_field_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
}

// Without the blanks and tabs around it.
inline std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace dockgate::proxy::http
