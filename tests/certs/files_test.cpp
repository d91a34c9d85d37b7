#include "certs/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/certs/made.h"

namespace dockgate::certs {
namespace {

namespace fs = std::filesystem;

mode_t mode_of(const std::string& path) {
  struct stat status {};

  ::lstat(path.c_str(), &status);
  return status.st_mode & 07777;
}

class Files : public testing::Test {
 protected:
  Files() : umask_(::umask(0)) {}

  ~Files() override { ::umask(umask_); }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      found.push_back(entry.path().filename().string());
    }
    return found;
  }

  mode_t umask_;
  Folder folder_;
  std::string path_ = folder_.path() + "/file";
};

TEST_F(Files, AreForTheirOwnerAloneWhateverTheUmask) {
  ASSERT_TRUE(write_file(path_, "text", Existing::refuse));
  EXPECT_EQ(mode_of(path_), 0600U);
  EXPECT_EQ(*read_file(path_), "text");
  ASSERT_TRUE(write_folder(folder_.path() + "/folder", {{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(mode_of(folder_.path() + "/folder"), 0700U);
  EXPECT_EQ(mode_of(folder_.path() + "/folder/a"), 0600U);
}

TEST_F(Files, AreReplacedOnlyWhenAsked) {
  folder_.with("file", "before");
  const auto refused = write_file(path_, "after", Existing::refuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::Kind::mistake);
  EXPECT_EQ(*read_file(path_), "before");
  ASSERT_TRUE(write_file(path_, "after", Existing::replace));
  EXPECT_EQ(*read_file(path_), "after");
  EXPECT_EQ(names(), std::vector<std::string>{"file"});
}

TEST_F(Files, ReplaceALinkAndNotWhatItLeadsTo) {
  const std::string other = folder_.with("other", "kept");
  fs::create_symlink(other, path_);
  ASSERT_TRUE(write_file(path_, "text", Existing::replace));
  EXPECT_EQ(*read_file(other), "kept");
  EXPECT_FALSE(fs::is_symlink(path_));
}

TEST_F(Files, OfAFolderAreExactlyThese) {
  const std::string path = folder_.path() + "/folder";
  ASSERT_TRUE(write_folder(path, {{"a", "1"}, {"b", "2"}}));
  ASSERT_TRUE(write_folder(path, {{"a", "3"}}));
  EXPECT_EQ(*read_file(path + "/a"), "3");
  EXPECT_FALSE(exists(path + "/b"));
  EXPECT_EQ(names(), std::vector<std::string>{"folder"});
}

TEST_F(Files, OfKilledProcessesAreRemoved) {
  folder_.with(".new-abc", "secret");
  fs::create_directory(folder_.path() + "/.new-def");
  folder_.with(".new-def/key.pem", "secret");
  folder_.with(".other", "kept");
  remove_leftovers(folder_.path());
  EXPECT_EQ(names(), std::vector<std::string>{".other"});
}

TEST_F(Files, ThatAreNotThereAreAMistake) {
  EXPECT_EQ(read_file(path_).error().kind, Failure::Kind::mistake);
  EXPECT_EQ(read_file(path_).error().text, path_ + " cannot be read: No such file or directory");
  const auto written = write_file(path_ + "/below", "text", Existing::refuse);
  EXPECT_EQ(written.error().kind, Failure::Kind::mistake);
}

}  // namespace
}  // namespace dockgate::certs
