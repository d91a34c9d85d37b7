#include "policy/write_target.h"

#include <algorithm>
#include <string_view>

namespace dockgate::policy {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-' || c == '~';
}

// `kept` are bytes that need no encoding where they stand.
void write_encoded(std::string_view text, std::string_view kept, std::string& out) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_unreserved(c) || kept.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += hex[byte >> 4];
    out += hex[byte & 0xf];
  }
}

void write_path(const Target& target, std::string& out) {
  std::string_view path = target.operation->path;
  std::size_t argument = 0;
  while (!path.empty()) {
    const std::size_t open = std::min(path.find('{'), path.size());
    out += path.substr(0, open);
    path.remove_prefix(open);
    if (path.empty()) return;
    path.remove_prefix(path.find('}') + 1);
    write_encoded(target.arguments[argument++], "/:@", out);
  }
}

}  // namespace

std::string write_target(const Target& target) {
  constexpr std::size_t usual = 128;
  std::string out;
  out.reserve(usual);
  if (target.version) {
    out +=
        "/v" + std::to_string(target.version->major) + "." + std::to_string(target.version->minor);
  }
  write_path(target, out);
  char separator = '?';
  for (const auto& [name, value] : target.query) {
    out += separator;
    separator = '&';
    out += name;
    out += '=';
    write_encoded(value, "", out);
  }
  return out;
}

}  // namespace dockgate::policy
