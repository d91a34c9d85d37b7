#include "tests/support/spell.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace dockgate::tests {
namespace {

using policy::Json;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

char other_case(char c) {
  if (is_lower(c)) return static_cast<char>(c - ('a' - 'A'));
  if (is_upper(c)) return static_cast<char>(c + ('a' - 'A'));
  return c;
}

std::string cased(std::string_view text, bool (*is_kept)(char)) {
  std::string out(text);
  for (char& c : out) {
    if (!is_kept(c)) c = other_case(c);
  }
  return out;
}

// The first of a letter, in either case, as another character.
std::string with_letter_as(std::string_view text, char letter, std::string_view other) {
  std::string out(text);
  const auto is_letter = [letter](char c) { return c == letter || c == other_case(letter); };
  const auto found = std::find_if(out.begin(), out.end(), is_letter);
  if (found == out.end()) return out;
  out.replace(static_cast<std::size_t>(found - out.begin()), 1, other);
  return out;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const std::size_t at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), with);
  return text;
}

std::string with_or_without_prefix(std::string_view text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) == prefix) return std::string(text.substr(prefix.size()));
  return std::string(prefix) + std::string(text);
}

constexpr std::string_view endings[] = {
    ":ro", ":rw", ":z", ":Z", ":ro,rw", ":rshared", ":RO", ":", "/", "/..", "/.", " ", ",", "\n"};

char next_hex(std::uint32_t& code, bool upper) {
  constexpr std::string_view lower_digits = "0123456789abcdef";
  constexpr std::string_view upper_digits = "0123456789ABCDEF";
  const char digit = (upper ? upper_digits : lower_digits)[code >> 12 & 0xF];
  code <<= 4;
  return digit;
}

void write_unit(std::uint32_t code, bool upper, std::string& out) {
  out += "\\u";
  for (int i = 0; i < 4; ++i) out += next_hex(code, upper);
}

// What stands at `text[i]`, which moves to its last byte. Anything that is not UTF-8 is a byte.
std::uint32_t code_point(std::string_view text, std::size_t& i) {
  const auto byte = static_cast<unsigned char>(text[i]);
  const std::size_t more = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC0 ? 1 : 0;
  if (more == 0 || i + more >= text.size()) return byte;
  std::uint32_t code = byte & (0x3FU >> more);
  for (std::size_t k = 0; k < more; ++k) {
    code = code << 6 | (static_cast<unsigned char>(text[++i]) & 0x3FU);
  }
  return code;
}

void write_escaped(std::string_view text, bool upper, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint32_t code = code_point(text, i);
    if (code < 0x10000) {
      write_unit(code, upper, out);
    } else {
      write_unit(0xD800 + ((code - 0x10000) >> 10), upper, out);
      write_unit(0xDC00 + ((code - 0x10000) & 0x3FF), upper, out);
    }
  }
}

class Speller {
 public:
  explicit Speller(Choices& choices) : choices_(choices), pretty_(choices.one_in(4)) {}

  void write(const Json& value, std::string& out) {
    if (value.is(Json::Kind::string)) return write_text(value.text, out);
    if (!value.is(Json::Kind::array) && !value.is(Json::Kind::object)) {
      return policy::write_json(value, out);
    }
    const bool array = value.is(Json::Kind::array);
    out += array ? '[' : '{';
    std::size_t count = 0;
    for (const Json& item : value.items) {
      separate(count++, out);
      write(item, out);
    }
    for (const policy::Member& member : value.members) {
      separate(count++, out);
      write_text(member.key, out);
      out += pretty_ ? " : " : ":";
      write(member.value, out);
    }
    out += array ? ']' : '}';
  }

 private:
  void separate(std::size_t count, std::string& out) const {
    if (count != 0) out += ',';
    if (pretty_) out += "\r\n\t ";
  }

  void write_text(std::string_view text, std::string& out) {
    switch (choices_.below(20)) {
      case 17: {
        out += '"';
        write_escaped(text, choices_.one_in(2), out);
        out += '"';
        return;
      }
      case 18:
      case 19: {
        std::string plain;
        policy::write_json_string(text, plain);
        out += replaced(std::move(plain), "/", "\\/");
        return;
      }
      default:
        policy::write_json_string(text, out);
    }
  }

  Choices& choices_;
  bool pretty_;
};

}  // namespace

std::string respelled_key(std::string_view key, Choices& choices) {
  switch (choices.below(8)) {
    case 0:
      return cased(key, is_lower);
    case 1:
      return cased(key, is_upper);
    case 2:
    case 3:
      return with_letter_as(key, 's', "\u017f");
    case 4:
      return with_letter_as(key, 'k', "\u212a");
    case 5:
      return with_letter_as(key, 'i', choices.one_in(2) ? "\u0131" : "\u0130");
    case 6: {
      std::string out(key);
      if (out.empty()) return out;
      char& letter = choices.one_of(out);
      letter = other_case(letter);
      return out;
    }
    default:
      return std::string(key) + std::string(choices.one_of(endings));
  }
}

std::string respelled_option(std::string_view option, Choices& choices) {
  const std::string text(option);
  switch (choices.below(14)) {
    case 0:
      return with_or_without_prefix(text, "CAP_");
    case 1:
      return cased(text, is_lower);
    case 2:
      return cased(text, is_upper);
    case 3:
      return with_letter_as(text, 's', "\u017f");
    case 4:
      return with_letter_as(text, 'i', "\u0131");
    case 5:
      return replaced(text, "=", ":");
    case 6:
      return replaced(text, ":", "=");
    case 7:
      return replaced(text, "/", "//");
    case 8:
      return replaced(text, "/", "/./");
    case 9:
      return replaced(text, "/", "/srv/../");
    case 10:
      return replaced(text, ":", "/:");
    case 11:
      return with_or_without_prefix(text, "/");
    case 12:
      return " " + text;
    default:
      return text + std::string(choices.one_of(endings));
  }
}

std::string spelled_json(const Json& value, Choices& choices) {
  std::string out;
  Speller(choices).write(value, out);
  return out;
}

std::string spelled_parameter(std::string_view text, Choices& choices) {
  const bool all = choices.one_in(8);
  const bool lower = choices.one_in(2);
  std::string out;
  for (const char c : text) {
    const bool plain =
        is_lower(c) || is_upper(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (plain && !all) {
      out += c;
      continue;
    }
    char coded[4];
    std::snprintf(coded, sizeof coded, lower ? "%%%02x" : "%%%02X", static_cast<unsigned char>(c));
    out += coded;
  }
  return out;
}

}  // namespace dockgate::tests
