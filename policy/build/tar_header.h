// Headers of a tar archive: read strictly, written in one form.
//
// Read are the formats that clients write, POSIX.1-1988 (ustar), POSIX.1-2001 (pax) and GNU's long
// names; what two readers could take differently is refused. Written is ustar, with a pax header
// before it where ustar has no room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "policy/result.h"

namespace dockgate::policy {

inline constexpr std::size_t tar_header_size = 512;
// Of the extended headers of one entry, which are held while they are read.
inline constexpr std::uint64_t longest_extension = 1024 * 1024;

enum class TarType : char {
  file = '0',
  hard_link = '1',
  symbolic_link = '2',
  directory = '5',
};

struct TarHeader {
  TarType type = TarType::file;
  // Relative, one `/` between components, none of them `.` or `..`; "" is the root, which is a
  // directory. The same for the target of a hard link.
  std::string name;
  std::string link;  // a symbolic link's as it is written
  std::uint32_t mode = 0;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::uint64_t size = 0;  // bytes; 0 but of files
  std::string mtime;       // seconds since the epoch in decimal, with a fraction or without
  std::string uname;
  std::string gname;
  std::map<std::string, std::string> xattrs;  // by name, `security.capability`
};

// What a header says that stands before the one it concerns.
struct TarExtension {
  std::map<std::string, std::string> records;  // of pax, by key

  bool empty() const { return records.empty(); }
};

// What is wrong with an archive, in words for who sent it.
struct TarProblem {
  std::string what;
};

// What is at hand in a header block: an entry, or an extension whose content follows.
struct TarBlock {
  enum class Kind : std::uint8_t { entry, extension, end } kind = Kind::entry;
  char extension = '\0';   // x, g, L or K
  std::uint64_t size = 0;  // of the content that follows, whatever the kind
  TarHeader header;        // of an entry
};

// Reads one block of 512 bytes; the error says what is wrong with it. A block of zeros is the end.
Result<TarBlock, TarProblem> read_tar_block(std::string_view block, const TarExtension& before);

// Takes the content of an extension in; nothing may be said twice.
Result<void, TarProblem> read_tar_extension(char type,
                                            std::string_view content,
                                            TarExtension& extension);

// Appends the header, whose content follows, filled up to whole blocks.
void write_tar_header(const TarHeader& header, std::string& out);

// How many zeros follow `size` bytes of content.
std::size_t tar_padding(std::uint64_t size);

// Appends what ends an archive.
void write_tar_end(std::string& out);

// `/a//b/./c/` -> `a/b/c`, as the Engine unpacks it; nothing where a component is `..`.
std::optional<std::string> clean_tar_name(std::string_view name);

}  // namespace dockgate::policy
