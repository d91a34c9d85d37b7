// The alphabets of HTTP/1 (RFC 9110 section 5, RFC 9112).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace dockgate::proxy::http {

// A set of bytes, as a table: every byte of a head is looked up in one.
class Alphabet {
 public:
  template <class Has>
  constexpr explicit Alphabet(Has&& has) {
    for (std::size_t byte = 0; byte < has_.size(); ++byte)
      has_[byte] = has(static_cast<char>(byte));
  }

  constexpr bool has(char c) const { return has_[static_cast<unsigned char>(c)]; }

  constexpr bool has_all(std::string_view text) const {
    for (const char c : text) {
      if (!has(c)) return false;
    }
    return true;
  }

 private:
  std::array<bool, 256> has_{};
};

inline constexpr Alphabet digits([](char c) { return c >= '0' && c <= '9'; });

inline constexpr Alphabet visible_ascii([](char c) { return c > 0x20 && c < 0x7f; });

// tchar: what methods and header names are made of.
inline constexpr Alphabet token_bytes([](char c) {
  constexpr std::string_view separators = "\"(),/:;<=>?@[\\]{}";
  return visible_ascii.has(c) && separators.find(c) == std::string_view::npos;
});

// What a header's value may hold: no control character but the tab.
inline constexpr Alphabet field_bytes([](char c) {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
});

inline bool is_token(std::string_view text) { return !text.empty() && token_bytes.has_all(text); }

// Without the blanks and tabs around it.
inline std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace dockgate::proxy::http
