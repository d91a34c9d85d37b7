#include "policy/build/tar_header.h"

#include <algorithm>
#include <charconv>

#include "policy/build/tar_format.h"

namespace dockgate::policy {
namespace {

TarProblem problem(std::string what) { return TarProblem{std::move(what)}; }

std::string_view text_in(std::string_view block, Part part) {
  const std::string_view field = block.substr(part.at, part.size);
  return field.substr(0, field.find('\0'));
}

// Octal digits with blanks before and blanks or zeros after them, or GNU's base 256. Nothing where
// it is neither, or no number of 63 bits.
std::optional<std::uint64_t> number_in(std::string_view block, Part part) {
  std::string_view field = block.substr(part.at, part.size);
  const auto byte = [](char c) { return static_cast<unsigned char>(c); };
  std::uint64_t value = 0;
  if (byte(field.front()) == 0x80U) {
    for (const char c : field.substr(1)) {
      if (value >> 55U != 0) return std::nullopt;
      value = value << 8U | byte(c);
    }
    return value;
  }
  field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
  const std::size_t digits = std::min(field.find_first_not_of("01234567"), field.size());
  const std::string_view rest = field.substr(digits);
  if (rest.find_first_not_of(std::string_view(" \0", 2)) != rest.npos) return std::nullopt;
  std::from_chars(field.data(), field.data() + digits, value, 8);
  return value;
}

bool has_right_checksum(std::string_view block) {
  const auto written = number_in(block, checksum_part);
  std::uint64_t sum = ' ' * checksum_part.size;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool own = i >= checksum_part.at && i < checksum_part.at + checksum_part.size;
    if (!own) sum += static_cast<unsigned char>(block[i]);
  }
  return written && *written == sum;
}

bool is_decimal(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.size() <= 18 &&
           part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  const std::string_view whole = text.substr(text.compare(0, 1, "-") == 0 ? 1 : 0);
  const std::string_view seconds = whole.substr(0, point - (text.size() - whole.size()));
  return digits(seconds) && (point == text.size() || digits(text.substr(point + 1)));
}

// What a pax record means here. Unknown ones could change how an entry is read.
enum class Record : std::uint8_t { used, dropped, unknown };

Record kind_of(std::string_view key) {
  constexpr std::string_view used[] = {
      "path", "linkpath", "size", "uid", "gid", "uname", "gname", "mtime"};
  constexpr std::string_view dropped[] = {
      "atime", "ctime", "comment", "SCHILY.dev", "SCHILY.ino", "SCHILY.nlink", "SCHILY.fflags"};
  constexpr std::string_view dropped_vendor = "LIBARCHIVE.";
  if (std::find(std::begin(used), std::end(used), key) != std::end(used)) return Record::used;
  if (key.substr(0, xattr_prefix.size()) == xattr_prefix) return Record::used;
  const bool drop = std::find(std::begin(dropped), std::end(dropped), key) != std::end(dropped) ||
                    key.substr(0, dropped_vendor.size()) == dropped_vendor;
  return drop ? Record::dropped : Record::unknown;
}

// Takes `length key=value\n` from the front.
bool take_record(std::string_view& text, std::string_view& key, std::string_view& value) {
  std::size_t length = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  const auto digits = static_cast<std::size_t>(stop - text.data());
  const bool sound = error == std::errc() && text.front() != '0' && length <= text.size() &&
                     length > digits + 2 && text[digits] == ' ' && text[length - 1] == '\n';
  if (!sound) return false;
  const std::string_view record = text.substr(digits + 1, length - digits - 2);
  const std::size_t equals = record.find('=');
  if (equals == std::string_view::npos || equals == 0) return false;
  key = record.substr(0, equals);
  value = record.substr(equals + 1);
  text.remove_prefix(length);
  return true;
}

Result<void, TarProblem> say(TarExtension& extension,
                             std::string_view key,
                             std::string_view value) {
  const bool xattr = key.substr(0, xattr_prefix.size()) == xattr_prefix;
  if (!xattr && value.find('\0') != value.npos) return problem("a name in it holds a zero byte");
  if (!extension.records.emplace(key, value).second) {
    return problem("it says `" + std::string(key) + "` of one entry twice");
  }
  return {};
}

Result<void, TarProblem> read_records(std::string_view content,
                                      bool global,
                                      TarExtension& extension) {
  while (!content.empty()) {
    std::string_view key;
    std::string_view value;
    if (!take_record(content, key, value)) return problem("a pax record in it is malformed");
    const Record kind = kind_of(key);
    if (kind == Record::dropped) continue;
    if (kind == Record::unknown || global) {
      return problem("its pax record `" + std::string(key) + "` is not known here");
    }
    if (auto said = say(extension, key, value); !said) return said.error();
  }
  return {};
}

bool take_number(const TarExtension& from, const char* key, std::uint64_t& value) {
  const auto found = from.records.find(key);
  if (found == from.records.end()) return true;
  const std::string& text = found->second;
  std::uint64_t read = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), read);
  if (error != std::errc() || stop != text.data() + text.size() || read >> 63U != 0) return false;
  value = read;
  return true;
}

void take_text(const TarExtension& from, const char* key, std::string& value) {
  const auto found = from.records.find(key);
  if (found != from.records.end()) value = found->second;
}

// What the block itself says, before what stood before it.
bool read_fields(std::string_view block, TarHeader& header) {
  const auto mode = number_in(block, mode_part);
  const auto uid = number_in(block, uid_part);
  const auto gid = number_in(block, gid_part);
  const auto size = number_in(block, size_part);
  const auto mtime = number_in(block, mtime_part);
  if (!mode || *mode > 07777777U || !uid || !gid || !size || !mtime) return false;
  header.mode = static_cast<std::uint32_t>(*mode & 07777U);
  header.uid = *uid;
  header.gid = *gid;
  header.size = *size;
  header.mtime = std::to_string(*mtime);
  header.name = text_in(block, name_part);
  header.link = text_in(block, link_part);
  header.uname = text_in(block, uname_part);
  header.gname = text_in(block, gname_part);
  const std::string_view prefix = text_in(block, prefix_part);
  const bool posix = block.substr(magic_part.at, magic_part.size) == posix_magic;
  if (posix && !prefix.empty()) header.name = std::string(prefix) + "/" + header.name;
  return true;
}

bool take_extension(const TarExtension& from, TarHeader& header) {
  take_text(from, "path", header.name);
  take_text(from, "linkpath", header.link);
  take_text(from, "uname", header.uname);
  take_text(from, "gname", header.gname);
  take_text(from, "mtime", header.mtime);
  for (const auto& [key, value] : from.records) {
    if (key.compare(0, xattr_prefix.size(), xattr_prefix) != 0) continue;
    header.xattrs[key.substr(xattr_prefix.size())] = value;
  }
  return take_number(from, "size", header.size) && take_number(from, "uid", header.uid) &&
         take_number(from, "gid", header.gid) && is_decimal(header.mtime);
}

std::optional<TarType> type_of(char type) {
  switch (type) {
    case '\0':
    case '0':
      return TarType::file;
    case '1':
      return TarType::hard_link;
    case '2':
      return TarType::symbolic_link;
    case '5':
      return TarType::directory;
    default:
      return std::nullopt;
  }
}

// Names as the Engine unpacks them, and nothing that two readers could take for another thing.
Result<void, TarProblem> settle(TarHeader& header) {
  const bool slash = !header.name.empty() && header.name.back() == '/';
  const auto name = clean_tar_name(header.name);
  if (!name || (header.type != TarType::directory && (slash || name->empty()))) {
    return problem("`" + header.name + "` in it is no name of a file in the archive");
  }
  header.name = *name;
  if (header.type == TarType::hard_link) {
    const auto target = clean_tar_name(header.link);
    if (!target || target->empty()) {
      return problem("`" + header.link + "` in it is no name of a file in the archive");
    }
    header.link = *target;
  }
  if (header.type != TarType::file && header.size != 0) {
    return problem("`" + header.name + "` in it has content, and is no file");
  }
  return {};
}

Result<TarBlock, TarProblem> extension_block(std::string_view block) {
  const auto size = number_in(block, size_part);
  if (!size || *size > longest_extension) return problem("an extended header in it is too long");
  TarBlock out;
  out.kind = TarBlock::Kind::extension;
  out.extension = block[type_at];
  out.size = *size;
  return out;
}

bool is_extension(char type) { return type == 'x' || type == 'g' || type == 'L' || type == 'K'; }

}  // namespace

std::optional<std::string> clean_tar_name(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::string_view part = name.substr(0, name.find('/'));
    name.remove_prefix(std::min(part.size() + 1, name.size()));
    if (part == "..") return std::nullopt;
    if (part.empty() || part == ".") continue;
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

Result<TarBlock, TarProblem> read_tar_block(std::string_view block, const TarExtension& before) {
  const auto is_zero = [](char c) { return c == '\0'; };
  if (std::all_of(block.begin(), block.end(), is_zero)) {
    if (!before.empty()) return problem("it ends after an extended header");
    TarBlock end;
    end.kind = TarBlock::Kind::end;
    return end;
  }
  const std::string_view magic = block.substr(magic_part.at, magic_part.size);
  if ((magic != posix_magic && magic != gnu_magic) || !has_right_checksum(block)) {
    return problem("it is no tar archive of POSIX or GNU");
  }
  const char letter = block[type_at];
  if (is_extension(letter)) return extension_block(block);
  const auto type = type_of(letter);
  if (!type) return problem("an entry in it is of the type `" + std::string(1, letter) + "`");
  TarBlock out;
  out.header.type = *type;
  if (!read_fields(block, out.header) || !take_extension(before, out.header)) {
    return problem("a number in the header of `" + out.header.name + "` is malformed");
  }
  if (auto settled = settle(out.header); !settled) return settled.error();
  out.size = out.header.size;
  return out;
}

Result<void, TarProblem> read_tar_extension(char type,
                                            std::string_view content,
                                            TarExtension& extension) {
  if (type == 'x' || type == 'g') return read_records(content, type == 'g', extension);
  return say(extension, type == 'L' ? "path" : "linkpath", content.substr(0, content.find('\0')));
}

}  // namespace dockgate::policy
