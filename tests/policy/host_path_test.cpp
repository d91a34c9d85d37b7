#include "policy/host_path.h"

#include <gtest/gtest.h>

namespace dockgate::policy {
namespace {

TEST(CleanPath, CleansAsGoDoes) {
  EXPECT_EQ(clean_path("/a//b/./c/"), "/a/b/c");
  EXPECT_EQ(clean_path("/a/../../b"), "/b");
  EXPECT_EQ(clean_path("/.."), "/");
  EXPECT_EQ(clean_path("//"), "/");
  EXPECT_EQ(clean_path("/a/.../b"), "/a/.../b");
}

TEST(CleanPath, LeavesRelativePathsAlone) { EXPECT_EQ(clean_path("a/../b"), "a/../b"); }

TEST(IsBeneath, ComparesWholeComponents) {
  EXPECT_TRUE(is_beneath("/srv/data", "/srv/data"));
  EXPECT_TRUE(is_beneath("/srv/data/x", "/srv/data"));
  EXPECT_TRUE(is_beneath("/srv", "/"));
  EXPECT_FALSE(is_beneath("/srv/data-evil", "/srv/data"));
  EXPECT_FALSE(is_beneath("/srv", "/srv/data"));
}

TEST(ReachableSocket, FindsTheSocketItselfByBothItsNames) {
  EXPECT_NE(reachable_socket("/run/docker.sock", {}), "");
  EXPECT_NE(reachable_socket("/var/run/docker.sock", {}), "");
}

TEST(ReachableSocket, FindsEveryFolderOnTheWay) {
  for (const char* const path : {"/", "/run", "/var/run", "/run/user", "/run/user/1000", "/var"}) {
    EXPECT_NE(reachable_socket(path, {}), "") << path;
  }
}

TEST(ReachableSocket, FindsWhatLeadsThroughProc) {
  for (const char* const path :
       {"/proc", "/proc/1", "/proc/1/root", "/proc/self/fd", "/proc/thread-self", "/dev/fd/3"}) {
    EXPECT_NE(reachable_socket(path, {}), "") << path;
  }
}

TEST(ReachableSocket, LetsNeighboursBe) {
  for (const char* const path : {"/run/docker.sockets",
                                 "/run/postgresql",
                                 "/srv",
                                 "/proc/cpuinfo",
                                 "/proc/sys",
                                 "/var/log",
                                 "/runner"}) {
    EXPECT_EQ(reachable_socket(path, {}), "") << path;
  }
}

TEST(ReachableSocket, KnowsTheConfiguredEngine) {
  const std::string configured[] = {"/srv/engine/docker.sock"};
  EXPECT_EQ(reachable_socket("/srv/engine", configured), "/srv/engine/docker.sock");
  EXPECT_EQ(reachable_socket("/srv/engine/docker.sock", configured), "/srv/engine/docker.sock");
  EXPECT_EQ(reachable_socket("/srv/other", configured), "");
}

}  // namespace
}  // namespace dockgate::policy
