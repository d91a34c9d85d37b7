#include "policy/volume_use.h"

#include <gtest/gtest.h>

#include <string>

namespace dockgate::policy {
namespace {

VolumeUse use_of(std::string_view method,
                 std::string_view target,
                 std::string_view body,
                 const Answers& answers = {}) {
  auto read = read_target(method, target);
  const auto request = read_request(*read, body);
  return volume_use(*request, answers);
}

Answers with_volumes(const std::vector<std::string>& names) {
  Answers answers;
  for (const std::string& name : names) {
    answers[{ReferenceKind::volume, name}] = {Answer::Kind::found, "{}"};
  }
  return answers;
}

TEST(VolumeUse, MakingAndRemovingIsExclusive) {
  const VolumeUse made = use_of("POST", "/volumes/create", R"({"Name":"v"})");
  EXPECT_EQ(made.names, std::vector<std::string>{"v"});
  EXPECT_TRUE(made.exclusive);
  EXPECT_TRUE(use_of("DELETE", "/volumes/v", "").exclusive);
  EXPECT_TRUE(use_of("PUT", "/volumes/v?version=1", "{}").exclusive);
  EXPECT_TRUE(use_of("POST", "/volumes/prune", "").all);
  EXPECT_TRUE(use_of("POST", "/volumes/create", "{}").empty());
}

TEST(VolumeUse, ACreateMayMakeWhatItNames) {
  const VolumeUse use = use_of("POST",
                               "/containers/create",
                               R"({"HostConfig":{"Binds":["b:/b","a:/a"]}})",
                               with_volumes({"a", "b"}));
  EXPECT_EQ(use.names, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(use.exclusive);
}

TEST(VolumeUse, AStartSharesWithOthers) {
  const VolumeUse use = use_of("POST", "/containers/web/start", "", with_volumes({"a"}));
  EXPECT_FALSE(use.exclusive);
  EXPECT_FALSE(in_the_way(use, use));
  EXPECT_EQ(use_of("POST", "/containers/web/restart", "", with_volumes({"a"})).names, use.names);
}

TEST(VolumeUse, OnlyVolumesAreNames) {
  Answers answers = with_volumes({"a"});
  answers[{ReferenceKind::container, "web"}] = {Answer::Kind::found, "{}"};
  EXPECT_EQ(use_of("POST", "/containers/web/start", "", answers).names,
            std::vector<std::string>{"a"});
}

TEST(VolumeUse, ALogStreamTakesNoTurn) {
  EXPECT_TRUE(use_of("GET", "/containers/web/logs", "", with_volumes({"a"})).empty());
}

TEST(InTheWay, WhereOneOfTwoIsExclusiveAndTheyShareAName) {
  const VolumeUse makes_a{.names = {"a", "c"}, .exclusive = true};
  const VolumeUse uses_c{.names = {"b", "c"}};
  const VolumeUse uses_b{.names = {"b"}};
  const VolumeUse prunes{.all = true, .exclusive = true};
  EXPECT_TRUE(in_the_way(makes_a, uses_c));
  EXPECT_TRUE(in_the_way(uses_c, makes_a));
  EXPECT_FALSE(in_the_way(makes_a, uses_b));
  EXPECT_TRUE(in_the_way(prunes, uses_b));
  EXPECT_TRUE(in_the_way(uses_b, prunes));
  EXPECT_FALSE(in_the_way(prunes, VolumeUse{}));
  EXPECT_FALSE(in_the_way(VolumeUse{}, prunes));
}

}  // namespace
}  // namespace dockgate::policy
