// A build's context, as archives that Python's tarfile, GNU tar and hand-made bytes have.
#include "policy/build/build_context.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "policy/build/dockerfile.h"

namespace dockgate::policy {
namespace {

struct Entry {
  TarHeader header;
  std::string content;
};

TarHeader header_of(TarType type, std::string name, std::string link = "") {
  TarHeader out;
  out.type = type;
  out.name = std::move(name);
  out.link = std::move(link);
  out.mode = 0644;
  out.mtime = "1700000000";
  return out;
}

std::string packed(Entry entry) {
  entry.header.size = entry.content.size();
  std::string out;
  write_tar_header(entry.header, out);
  return out + entry.content + std::string(tar_padding(entry.content.size()), '\0');
}

std::string file(const std::string& name, const std::string& content) {
  return packed({header_of(TarType::file, name), content});
}

// A header block with one byte range replaced and the right checksum.
std::string patched(std::string block, std::size_t at, const std::string& bytes) {
  block.replace(at, bytes.size(), bytes);
  block.replace(148, 8, "        ");
  unsigned sum = 0;
  for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(block[i]);
  char text[8];
  std::snprintf(text, sizeof text, "%06o", sum);
  block.replace(148, 8, std::string(text, 7) + " ");
  return block;
}

std::string extension(char type, const std::string& content) {
  Entry entry{header_of(TarType::file, "ext"), content};
  std::string out = packed(entry);
  return patched(out, 156, std::string(1, type));
}

std::string record(const std::string& key, const std::string& value) {
  const std::string rest = " " + key + "=" + value + "\n";
  std::size_t length = rest.size() + 1;
  while (rest.size() + std::to_string(length).size() != length) ++length;
  return std::to_string(length) + rest;
}

// What every archive that is written begins with.
std::string root() {
  TarHeader header = header_of(TarType::directory, "");
  header.mode = 0700;
  header.mtime = "0";
  return packed({header, ""});
}

std::string end() { return std::string(1024, '\0'); }

struct Outcome {
  std::string problem;  // "" where there is none
  std::string sent;     // with its end
  std::string dockerfile;
};

Outcome through(const std::string& archive,
                std::size_t piece = 100000,
                const std::string& name = "Dockerfile") {
  BuildContext context(name);
  Outcome out;
  for (std::size_t at = 0; at < archive.size(); at += piece) {
    const auto taken = context.take(std::string_view(archive).substr(at, piece), out.sent);
    if (!taken) {
      out.problem = taken.error().what;
      return out;
    }
  }
  if (const auto finished = context.finish(); !finished) {
    out.problem = finished.error().what;
    return out;
  }
  out.dockerfile = *context.dockerfile();
  context.write_end("FROM written\n", out.sent);
  return out;
}

TEST(BuildContext, KeepsFilesAsTheyAreAndWritesTheDockerfileLast) {
  const std::string others = packed({header_of(TarType::directory, "src"), ""}) +
                             file("src/a", std::string(5000, 'a')) + file("empty", "") +
                             packed({header_of(TarType::symbolic_link, "l", "../x"), ""}) +
                             packed({header_of(TarType::hard_link, "h", "src/a"), ""});
  const std::string archive = others + file("Dockerfile", "FROM x\n") + file("z", "z") + end();
  for (const std::size_t piece : {1UL, 7UL, 511UL, 512UL, 513UL, 100000UL}) {
    const Outcome out = through(archive, piece);
    EXPECT_EQ(out.problem, "");
    EXPECT_EQ(out.dockerfile, "FROM x\n");
    EXPECT_EQ(out.sent,
              root() + others + file("z", "z") + file("Dockerfile", "FROM written\n") + end());
  }
}

TEST(BuildContext, ReadsNamesAsTheEngineUnpacksThem) {
  for (const std::string name : {"./Dockerfile", "/Dockerfile", "a//../x"}) {
    const std::string block = patched(file("Dockerfile", "FROM x\n"), 0, name + '\0');
    const Outcome out = through(block + end());
    EXPECT_EQ(out.problem.empty(), name.find("..") == std::string::npos) << name << out.problem;
  }
  const Outcome deep =
      through(file("a/b/Dockerfile", "FROM x\n") + end(), 512, "./a//b/Dockerfile");
  EXPECT_EQ(deep.dockerfile, "FROM x\n");
}

// The Engine looks at the first bytes for what an archive is packed with: `BZh`, or a frame of zstd
// that is skipped, would have it unpack the content of a file in place of the archive.
TEST(BuildContext, BeginsWithNoNameOfTheClients) {
  for (const std::string name : {"BZh9", "P*M\x18", "\x1f\x8b", "\xfd"}) {
    const Outcome out = through(file(name, "x") + file("Dockerfile", "FROM x\n") + end());
    EXPECT_EQ(out.problem, "");
    EXPECT_EQ(out.sent.substr(0, 512), root());
  }
  EXPECT_EQ(through(file("Dockerfile", "FROM x\n")).sent.substr(0, 512), root());
}

TEST(BuildContext, HoldsNoMoreThanOneExtendedHeader) {
  const std::string half = extension('x', record("SCHILY.xattr.a", std::string(600'000, 'a')));
  const std::string other = extension('x', record("SCHILY.xattr.b", std::string(600'000, 'b')));
  const std::string good = file("Dockerfile", "FROM x\n") + end();
  EXPECT_EQ(through(half + file("f", "x") + other + good).problem, "");
  EXPECT_NE(through(half + other + good).problem, "");
}

TEST(Dockerfile, HasABoundedNumberOfInstructionsAndImages) {
  std::string many = "FROM scratch\n";
  for (int i = 0; i < 5000; ++i) many += "ENV A=b\n";
  EXPECT_FALSE(read_dockerfile(many, {}).has_value());
  std::string images;
  for (int i = 0; i < 200; ++i) images += "FROM a" + std::to_string(i) + "\n";
  EXPECT_FALSE(read_dockerfile(images, {}).has_value());
  EXPECT_TRUE(read_dockerfile("FROM a\nFROM b\n", {}).has_value());
}

TEST(BuildContext, TakesTheLastOfSeveralDockerfiles) {
  const Outcome out = through(file("Dockerfile", "FROM a\n") + file("Dockerfile", "FROM b\n"));
  EXPECT_EQ(out.dockerfile, "FROM b\n");
}

TEST(BuildContext, ReadsExtendedHeaders) {
  const std::string name = std::string(150, 'n') + "/f";
  const std::string pax =
      extension('x',
                record("path", name) + record("mtime", "1.5") + record("atime", "2") +
                    record("SCHILY.xattr.user.a", std::string("b\0c", 3)));
  const std::string gnu = extension('L', name + '\0');
  for (const std::string& lead : {pax, gnu}) {
    const std::string archive = lead + file("short", "content") + file("Dockerfile", "FROM x\n");
    const Outcome out = through(archive);
    ASSERT_EQ(out.problem, "");
    EXPECT_NE(out.sent.find(record("path", name)), std::string::npos);
    EXPECT_EQ(out.sent.find(record("mtime", "1.5")) != std::string::npos, lead == pax);
    EXPECT_EQ(out.sent.find("SCHILY.xattr.user.a=") != std::string::npos, lead == pax);
    EXPECT_EQ(out.sent.find("atime"), std::string::npos);
  }
  const std::string dockerfile = extension('x', record("path", "Dockerfile"));
  EXPECT_EQ(through(dockerfile + file("x", "FROM y\n") + end()).dockerfile, "FROM y\n");
  const std::string global = extension('g', record("comment", "0123"));
  EXPECT_EQ(through(global + file("Dockerfile", "FROM y\n") + end()).dockerfile, "FROM y\n");
}

TEST(BuildContext, ReadsGnuNumbers) {
  std::string block = file("Dockerfile", "FROM x\n");
  block = patched(block, 257, std::string("ustar  \0", 8));
  block = patched(block, 124, std::string("\x80\0\0\0\0\0\0\0\0\0\0\x07", 12));
  EXPECT_EQ(through(block + end()).dockerfile, "FROM x\n");
}

TEST(BuildContext, RefusesWhatTwoReadersCouldTakeDifferently) {
  const std::string good = file("Dockerfile", "FROM x\n");
  std::string odd_sum = good;
  odd_sum[0] = 'd';
  const std::vector<std::pair<const char*, std::string>> bad = {
      {"checksum", odd_sum},
      {"no magic", patched(good, 257, std::string(8, '\0'))},
      {"a number", patched(good, 124, "0000000000x ")},
      {"a device", patched(good, 156, "4")},
      {"a pipe", patched(good, 156, "6")},
      {"sparse", patched(good, 156, "S")},
      {"contiguous", patched(good, 156, "7")},
      {"content of a folder", patched(good, 156, "5")},
      {"a file that is a folder", patched(good, 0, std::string("Dockerfile/\0", 12))},
      {"above", patched(good, 0, std::string("../Dockerfile\0", 14))},
      {"after the end", good + end() + "x"},
      {"one block of zeros", good + std::string(512, '\0') + good},
      {"broken off in a header", good.substr(0, 300)},
      {"broken off in a file", good.substr(0, 515)},
      {"broken off before its file", extension('x', record("path", "a"))},
      {"end before its file", extension('x', record("path", "a")) + end()},
      {"unknown record", extension('x', record("GNU.sparse.name", "a")) + good},
      {"path twice", extension('x', record("path", "a") + record("path", "b")) + good},
      {"path in both ways", extension('L', "a") + extension('x', record("path", "b")) + good},
      {"a global path", extension('g', record("path", "a")) + good},
      {"a record's length", extension('x', "9 path=a\n") + good},
      {"a record without an end", extension('x', "8 path=a") + good},
      {"a name with a zero", extension('x', record("path", std::string("a\0b", 3))) + good},
      {"a size", extension('x', record("size", "-1")) + good},
      {"a time", extension('x', record("mtime", "1e3")) + good},
      {"no archive", std::string(1024, 'x')},
      {"no Dockerfile", file("dockerfile", "FROM x\n") + end()},
      {"a Dockerfile elsewhere",
       packed({header_of(TarType::symbolic_link, "Dockerfile", "other"), ""}) +
           file("other", "FROM x\n") + end()},
      {"a second name of the Dockerfile",
       good + packed({header_of(TarType::hard_link, "h", "Dockerfile"), ""}) + end()},
      {"a long Dockerfile", file("Dockerfile", std::string(1024 * 1024 + 1, '#'))},
  };
  for (const auto& [what, archive] : bad) EXPECT_NE(through(archive).problem, "") << what;
  EXPECT_NE(through(good + end(), 512, "../Dockerfile").problem, "");
  EXPECT_NE(through(good + end(), 512, "/").problem, "");
}

// What a header holds is what is read of it again, whatever it holds.
TEST(TarHeader, IsReadAsItWasWritten) {
  TarHeader header = header_of(TarType::file, std::string(300, 'n') + "/\xc3\xa4");
  header.uid = 3'000'000;
  header.size = 9'000'000'000;
  header.mtime = "-1.25";
  header.uname = std::string(40, 'u');
  header.xattrs["security.capability"] = std::string("\1\0\n", 3);
  std::string text;
  write_tar_header(header, text);
  TarExtension said;
  const auto first = read_tar_block(std::string_view(text).substr(0, 512), said);
  ASSERT_TRUE(first.has_value());
  ASSERT_EQ(first->kind, TarBlock::Kind::extension);
  ASSERT_TRUE(read_tar_extension('x', text.substr(512, first->size), said).has_value());
  const auto block = read_tar_block(std::string_view(text).substr(text.size() - 512), said);
  ASSERT_TRUE(block.has_value()) << block.error().what;
  EXPECT_EQ(block->header.name, header.name);
  EXPECT_EQ(block->header.uid, header.uid);
  EXPECT_EQ(block->size, header.size);
  EXPECT_EQ(block->header.mtime, header.mtime);
  EXPECT_EQ(block->header.uname, header.uname);
  EXPECT_EQ(block->header.xattrs, header.xattrs);
}

}  // namespace
}  // namespace dockgate::policy
