#include "policy/ip_range.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <optional>

namespace dockgate::policy {
namespace {

struct Range {
  std::array<unsigned char, 16> address{};
  unsigned bits = 0;  // of the address: 32 or 128
  unsigned prefix = 0;
};

std::optional<Range> range_of(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  Range range;
  if (::inet_pton(AF_INET, address.c_str(), range.address.data()) == 1) {
    range.bits = 32;
  } else if (::inet_pton(AF_INET6, address.c_str(), range.address.data()) == 1) {
    range.bits = 128;
  } else {
    return std::nullopt;
  }
  range.prefix = range.bits;
  if (slash == std::string_view::npos) return range;
  const std::string_view digits = text.substr(slash + 1);
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), range.prefix);
  const bool valid = error == std::errc() && stop == digits.data() + digits.size();
  return valid && range.prefix <= range.bits ? std::optional<Range>(range) : std::nullopt;
}

}  // namespace

bool is_ip_range(std::string_view text) { return range_of(text).has_value(); }

bool lies_within(std::string_view inner, std::string_view outer) {
  const auto small = range_of(inner);
  const auto large = range_of(outer);
  if (!small || !large || small->bits != large->bits || small->prefix < large->prefix) return false;
  for (unsigned bit = 0; bit < large->prefix; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if (((small->address[bit / 8] ^ large->address[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

}  // namespace dockgate::policy
