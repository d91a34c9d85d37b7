#include "proxy/audit/plain_text.h"

#include <cstdint>
#include <cstdio>

namespace dockgate::proxy::audit {
namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t size = 1;
};

// What is no UTF-8 is one byte of its own.
Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t offset) -> std::uint32_t {
    return at + offset < text.size() ? static_cast<unsigned char>(text[at + offset]) : 0U;
  };
  const std::uint32_t first = byte(0);
  const std::size_t size = first < 0x80   ? 1
                           : first < 0xc0 ? 0
                           : first < 0xe0 ? 2
                           : first < 0xf0 ? 3
                           : first < 0xf8 ? 4
                                          : 0;
  if (size <= 1) return {size == 1 ? first : 0xfffd, 1};
  std::uint32_t code = first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {0xfffd, 1};
    code = (code << 6) | (byte(i) & 0x3f);
  }
  return {code, size};
}

bool is_plain(std::uint32_t code) {
  const bool controls = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const bool separates = code == 0x2028 || code == 0x2029;
  const bool turns = code == 0x061c || code == 0x200e || code == 0x200f ||
                     (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return !controls && !separates && !turns && code != 0xfffd && code != 0xfeff;
}

}  // namespace

std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    if (is_plain(character.code)) {
      out += text.substr(at, character.size);
    } else {
      char escaped[16];
      std::snprintf(escaped, sizeof escaped, "\\u{%x}", character.code);
      out += escaped;
    }
    at += character.size;
  }
  return out;
}

std::string in_html(std::string_view text) {
  std::string out;
  for (const char c : plain(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace dockgate::proxy::audit
