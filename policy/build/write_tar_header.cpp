#include <algorithm>
#include <array>
#include <charconv>

#include "policy/build/tar_format.h"
#include "policy/build/tar_header.h"

namespace dockgate::policy {
namespace {

class Block {
 public:
  void text(Part part, std::string_view value) {
    std::copy_n(value.begin(), std::min(value.size(), part.size), bytes_.begin() + part.at);
  }

  // Octal, a zero after it. What has no room is said before, and is 0 here.
  void number(Part part, std::uint64_t value) {
    std::string digits(part.size - 1, '0');
    if (fits(part, value)) {
      for (auto place = digits.rbegin(); value != 0; ++place, value /= 8) {
        *place = static_cast<char>('0' + value % 8);
      }
    }
    text(part, digits);
  }

  static bool fits(Part part, std::uint64_t value) { return value >> (3 * (part.size - 1)) == 0; }

  std::string_view finish(char type) {
    bytes_[type_at] = type;
    text(magic_part, posix_magic);
    text(checksum_part, "        ");
    std::uint64_t sum = 0;
    for (const char c : bytes_) sum += static_cast<unsigned char>(c);
    number({checksum_part.at, checksum_part.size - 1}, sum);
    return {bytes_.data(), bytes_.size()};
  }

 private:
  std::array<char, tar_header_size> bytes_{};
};

bool is_ascii(std::string_view text) {
  return std::all_of(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool has_room(Part part, std::string_view text) {
  return text.size() < part.size && is_ascii(text);
}

void add_record(std::string_view key, std::string_view value, std::string& out) {
  const std::size_t rest = key.size() + value.size() + 3;  // " ", "=" and "\n"
  std::size_t length = rest + 1;
  while (rest + std::to_string(length).size() != length) ++length;
  out.append(std::to_string(length)).append(" ").append(key).append("=").append(value).append("\n");
}

// The mtime as the block can say it: whole seconds, not before the epoch.
std::uint64_t whole_seconds(const std::string& mtime) {
  std::uint64_t seconds = 0;
  std::from_chars(mtime.data(), mtime.data() + mtime.size(), seconds);
  return seconds;
}

// What the block has no room for.
std::string records_of(const TarHeader& header, const std::string& name) {
  std::string out;
  if (!has_room(name_part, name)) add_record("path", name, out);
  if (!has_room(link_part, header.link)) add_record("linkpath", header.link, out);
  if (!Block::fits(size_part, header.size)) add_record("size", std::to_string(header.size), out);
  if (!Block::fits(uid_part, header.uid)) add_record("uid", std::to_string(header.uid), out);
  if (!Block::fits(gid_part, header.gid)) add_record("gid", std::to_string(header.gid), out);
  if (!has_room(uname_part, header.uname)) add_record("uname", header.uname, out);
  if (!has_room(gname_part, header.gname)) add_record("gname", header.gname, out);
  const std::uint64_t seconds = whole_seconds(header.mtime);
  if (std::to_string(seconds) != header.mtime || !Block::fits(mtime_part, seconds)) {
    add_record("mtime", header.mtime, out);
  }
  for (const auto& [key, value] : header.xattrs) {
    add_record(std::string(xattr_prefix) + key, value, out);
  }
  return out;
}

void write_extension(const std::string& records, std::string& out) {
  Block block;
  block.text(name_part, "PaxHeaders/0");
  block.number(mode_part, 0644);
  block.number(size_part, records.size());
  out += block.finish('x');
  out += records;
  out.append(tar_padding(records.size()), '\0');
}

}  // namespace

void write_tar_header(const TarHeader& header, std::string& out) {
  std::string name = header.name;
  if (header.type == TarType::directory) name += name.empty() ? "./" : "/";
  const std::string records = records_of(header, name);
  if (!records.empty()) write_extension(records, out);
  Block block;
  block.text(name_part, has_room(name_part, name) ? name : "see the pax header");
  block.number(mode_part, header.mode);
  block.number(uid_part, header.uid);
  block.number(gid_part, header.gid);
  block.number(size_part, header.size);
  block.number(mtime_part, whole_seconds(header.mtime));
  if (has_room(link_part, header.link)) block.text(link_part, header.link);
  if (has_room(uname_part, header.uname)) block.text(uname_part, header.uname);
  if (has_room(gname_part, header.gname)) block.text(gname_part, header.gname);
  out += block.finish(static_cast<char>(header.type));
}

std::size_t tar_padding(std::uint64_t size) {
  return (tar_header_size - size % tar_header_size) % tar_header_size;
}

void write_tar_end(std::string& out) { out.append(2 * tar_header_size, '\0'); }

}  // namespace dockgate::policy
