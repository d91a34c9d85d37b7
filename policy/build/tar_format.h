// Where the header of a tar archive has its parts.
#pragma once

#include <cstddef>
#include <string_view>

namespace dockgate::policy {

// Where a header has its parts: POSIX.1-1988, `struct header` of the interchange format.
struct Part {
  std::size_t at;
  std::size_t size;
};

inline constexpr Part name_part{0, 100};
inline constexpr Part mode_part{100, 8};
inline constexpr Part uid_part{108, 8};
inline constexpr Part gid_part{116, 8};
inline constexpr Part size_part{124, 12};
inline constexpr Part mtime_part{136, 12};
inline constexpr Part checksum_part{148, 8};
inline constexpr std::size_t type_at = 156;
inline constexpr Part link_part{157, 100};
inline constexpr Part magic_part{257, 8};
inline constexpr Part uname_part{265, 32};
inline constexpr Part gname_part{297, 32};
inline constexpr Part prefix_part{345, 155};

inline constexpr std::string_view posix_magic{"ustar\00000", 8};
inline constexpr std::string_view gnu_magic{"ustar  \0", 8};

inline constexpr std::string_view xattr_prefix = "SCHILY.xattr.";

}  // namespace dockgate::policy
