// Whether bytes are a plain tar archive. The Engine unpacks a compressed one with programs that it
// may find in the container (CVE-2026-41567), so what is copied into containers must be plain.
#pragma once

#include <cstddef>
#include <string_view>

namespace dockgate::policy {

// How much of an archive's beginning tells: one block.
inline constexpr std::size_t tar_block = 512;

// `start` is its first block, or all of it where it is shorter. An archive of nothing (no bytes, or
// a block of zeros) is plain; what begins like a compressed file is not, whatever follows.
bool is_plain_tar(std::string_view start);

}  // namespace dockgate::policy
