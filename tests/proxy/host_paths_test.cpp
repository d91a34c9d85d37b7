#include "proxy/host_paths.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace dockgate::proxy {
namespace {

namespace fs = std::filesystem;

// A host's file system in a folder of its own.
class HostPathsOf : public testing::Test {
 protected:
  HostPathsOf() {
    std::string name = (fs::temp_directory_path() / "dockgate-paths-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    fs::create_directories(root_ / "srv/ci/job");
    fs::create_directories(root_ / "etc");
    std::ofstream(root_ / "etc/passwd") << "root\n";
  }

  ~HostPathsOf() override { fs::remove_all(root_); }

  void link(const std::string& target, const std::string& at) {
    fs::create_symlink(target, root_ / at);
  }

  std::string end_of(const std::string& path) {
    const HostPaths paths(root_.string());
    const auto way = paths.follow(path);
    return way ? way->end : "nowhere";
  }

  fs::path root_;
};

TEST_F(HostPathsOf, WhatIsNoLinkLeadsToItself) {
  EXPECT_EQ(end_of("/srv/ci"), "/srv/ci");
  EXPECT_EQ(end_of("/etc/passwd"), "/etc/passwd");
  EXPECT_EQ(end_of("/"), "/");
}

TEST_F(HostPathsOf, LinksAreFollowedBelowTheRoot) {
  link("/etc", "srv/ci/absolute");
  link("../../../etc", "srv/ci/job/relative");
  link("../../../../../../../../etc", "srv/ci/job/above");
  EXPECT_EQ(end_of("/srv/ci/absolute"), "/etc");
  EXPECT_EQ(end_of("/srv/ci/absolute/passwd"), "/etc/passwd");
  EXPECT_EQ(end_of("/srv/ci/job/relative"), "/etc");
  EXPECT_EQ(end_of("/srv/ci/job/above"), "/etc");
}

TEST_F(HostPathsOf, WhatIsNotThereLiesWhereItsFolderLeads) {
  link("/etc", "srv/ci/link");
  EXPECT_EQ(end_of("/srv/ci/new/folder"), "/srv/ci/new/folder");
  EXPECT_EQ(end_of("/srv/ci/link/new/folder"), "/etc/new/folder");
  EXPECT_EQ(end_of("/new"), "/new");
}

TEST_F(HostPathsOf, ALinkToNowhereLeadsNowhere) {
  link("/srv/later", "srv/ci/dangling");
  EXPECT_EQ(end_of("/srv/ci/dangling"), "nowhere");
  EXPECT_EQ(end_of("/srv/ci/dangling/x"), "nowhere");
}

TEST_F(HostPathsOf, ARingLeadsNowhere) {
  link("/srv/b", "srv/a");
  link("/srv/a", "srv/b");
  EXPECT_EQ(end_of("/srv/a"), "nowhere");
  EXPECT_EQ(end_of("/srv/a/x"), "nowhere");
}

TEST_F(HostPathsOf, EveryPlaceOnTheWayIsTold) {
  link("job", "srv/ci/latest");
  link("/srv/ci/latest/cache", "etc/cache");
  fs::create_directories(root_ / "srv/ci/job/cache");
  const auto way = HostPaths(root_.string()).follow("/etc/cache");
  ASSERT_TRUE(way.has_value());
  EXPECT_EQ(way->end, "/srv/ci/job/cache");
  const std::vector<std::string> places{"/etc",
                                        "/etc/cache",
                                        "/srv",
                                        "/srv/ci",
                                        "/srv/ci/latest",
                                        "/srv/ci/job",
                                        "/srv/ci/job/cache"};
  EXPECT_EQ(way->places, places);
}

TEST_F(HostPathsOf, WhatALinkNamesHasToBeThere) {
  link("/srv/later/x", "srv/ci/link");
  link("missing/../job", "srv/ci/through");
  EXPECT_EQ(end_of("/srv/ci/link"), "nowhere");
  EXPECT_EQ(end_of("/srv/ci/through"), "nowhere");
}

TEST_F(HostPathsOf, AFileIsNoFolder) { EXPECT_EQ(end_of("/etc/passwd/x"), "nowhere"); }

TEST(HostPaths, DoorsOfProcLeadNowhere) {
  const HostPaths paths("/");
  EXPECT_EQ(paths.follow("/proc/self/cwd"), std::nullopt);
  EXPECT_EQ(paths.follow("/proc/self/root/etc"), std::nullopt);
  EXPECT_EQ(paths.follow("/dev/fd/0"), std::nullopt);
}

TEST(HostPaths, NothingIsFoundWhereTheHostIsNotSeen) {
  EXPECT_FALSE(HostPaths("").can_see());
  EXPECT_FALSE(HostPaths("/no/such/folder").can_see());
  EXPECT_EQ(HostPaths("").follow("/etc"), std::nullopt);
}

}  // namespace
}  // namespace dockgate::proxy
