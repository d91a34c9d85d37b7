#include "policy/plain_tar.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace dockgate::policy {
namespace {

// Where a header of POSIX.1-1988 (ustar) has its parts.
constexpr std::size_t checksum_at = 148;
constexpr std::size_t checksum_size = 8;
constexpr std::size_t magic_at = 257;
constexpr std::string_view magic = "ustar";

// What gzip, bzip2, xz and zstd files begin with; the Engine looks for these and nothing else.
// The last is the skippable frame of zstd, of which the first byte varies.
bool begins_compressed(std::string_view start) {
  using namespace std::string_view_literals;
  for (const std::string_view mark :
       {"\x1f\x8b"sv, "BZh"sv, "\xfd\x37\x7a\x58\x5a\x00"sv, "\x28\xb5\x2f\xfd"sv}) {
    if (start.substr(0, mark.size()) == mark) return true;
  }
  return start.size() >= 4 && (static_cast<unsigned char>(start[0]) & 0xf0U) == 0x50 &&
         start.substr(1, 3) == "\x2a\x4d\x18"sv;
}

// The sum of the block's bytes, its own field counted as blanks, in octal digits.
bool has_right_checksum(std::string_view block) {
  std::string_view field = block.substr(checksum_at, checksum_size);
  const std::size_t digits = field.find_first_of("01234567");
  if (digits == std::string_view::npos) return false;
  field.remove_prefix(digits);
  unsigned written = 0;
  const auto [stop, error] = std::from_chars(field.data(), field.data() + field.size(), written, 8);
  if (error != std::errc() || stop == field.data()) return false;
  unsigned sum = ' ' * checksum_size;
  for (std::size_t i = 0; i < tar_block; ++i) {
    if (i < checksum_at || i >= checksum_at + checksum_size) {
      sum += static_cast<unsigned char>(block[i]);
    }
  }
  return sum == written;
}

}  // namespace

bool is_plain_tar(std::string_view start) {
  if (begins_compressed(start)) return false;
  const bool nothing = std::all_of(start.begin(), start.end(), [](char c) { return c == '\0'; });
  if (nothing) return true;
  return start.size() >= tar_block && start.substr(magic_at, magic.size()) == magic &&
         has_right_checksum(start);
}

}  // namespace dockgate::policy
