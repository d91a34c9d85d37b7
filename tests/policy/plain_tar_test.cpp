#include "policy/plain_tar.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace dockgate::policy {
namespace {

// One header of a ustar archive, for a file of that name.
std::string header_of(const std::string& name) {
  std::string block(tar_block, '\0');
  block.replace(0, name.size(), name);
  block.replace(257, 6, std::string("ustar\0", 6));
  unsigned sum = 8 * ' ';
  for (const char c : block) sum += static_cast<unsigned char>(c);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  block.replace(148, 7, std::string(digits, 7));
  block[155] = ' ';
  return block;
}

TEST(IsPlainTar, AnArchiveIs) { EXPECT_TRUE(is_plain_tar(header_of("etc/passwd"))); }

TEST(IsPlainTar, NothingIs) {
  EXPECT_TRUE(is_plain_tar(""));
  EXPECT_TRUE(is_plain_tar(std::string(tar_block, '\0')));
}

TEST(IsPlainTar, CompressedFilesAreNot) {
  EXPECT_FALSE(is_plain_tar(std::string("\x1f\x8b\x08", 3)));
  EXPECT_FALSE(is_plain_tar("BZh91AY"));
  EXPECT_FALSE(
      is_plain_tar(std::string("\xfd"
                               "7zXZ\0",
                               6)));
  EXPECT_FALSE(is_plain_tar("\x28\xb5\x2f\xfd"));
  EXPECT_FALSE(is_plain_tar("\x5a\x2a\x4d\x18"));
}

TEST(IsPlainTar, WhatTheEngineWouldTakeForCompressedIsNotWhateverFollows) {
  EXPECT_FALSE(is_plain_tar(header_of("BZhaha")));
}

TEST(IsPlainTar, OtherBytesAreNot) {
  EXPECT_FALSE(is_plain_tar("hello"));
  EXPECT_FALSE(is_plain_tar(std::string(tar_block, 'x')));
  std::string damaged = header_of("a");
  damaged[1] = 'b';
  EXPECT_FALSE(is_plain_tar(damaged));
}

}  // namespace
}  // namespace dockgate::policy
