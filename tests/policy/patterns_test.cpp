#include "policy/patterns.h"

#include <gtest/gtest.h>

namespace dockgate::policy {
namespace {

TEST(GlobMatches, AStarStandsForAnyCharacters) {
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("ci-*", "ci-"));
  EXPECT_TRUE(glob_matches("*-net", "a-b-net"));
  EXPECT_TRUE(glob_matches("a*b*c", "axxbyyc"));
}

TEST(GlobMatches, EverythingElseStandsForItself) {
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("", "a"));
  EXPECT_FALSE(glob_matches("a.c", "abc"));
  EXPECT_FALSE(glob_matches("ci-*", "xci-1"));
  EXPECT_FALSE(glob_matches("a*b*c", "axxbyy"));
  EXPECT_FALSE(glob_matches("A", "a"));
}

TEST(GlobMatches, ManyStarsDoNotMultiply) {
  const std::string stars(2000, '*');
  const std::string text(2000, 'a');
  EXPECT_TRUE(glob_matches(stars, text));
  EXPECT_FALSE(glob_matches(stars + "b", text));
}

TEST(Patterns, NameIsExact) {
  const Patterns patterns{{"*", "host"}};
  EXPECT_TRUE(patterns.match("anything"));
  EXPECT_TRUE(patterns.name("host"));
  EXPECT_FALSE(patterns.name("anything"));
}

}  // namespace
}  // namespace dockgate::policy
