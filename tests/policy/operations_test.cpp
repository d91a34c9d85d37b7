#include "policy/api/operations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "policy/api/schemas.h"

namespace dockgate::policy {
namespace {

std::string_view operation_of(Method method, const std::vector<std::string_view>& segments) {
  const Route route = find_operation(method, segments);
  return route.operation == nullptr ? "none" : route.operation->id;
}

TEST(Operations, HaveOneRowEach) {
  std::set<std::string_view> ids;
  std::set<std::string> routes;
  for (const Operation& row : all_operations()) {
    EXPECT_TRUE(ids.insert(row.id).second) << row.id;
    const std::string route = std::string(name_of(row.method)) + " " + std::string(row.path);
    EXPECT_TRUE(routes.insert(route).second) << route;
  }
}

// 108 operations are published from API 1.25 to 1.56; seven more are served beside them.
TEST(Operations, AreAllThere) {
  std::size_t published = 0;
  for (const Operation& row : all_operations()) published += row.since.minor > 0 ? 1 : 0;
  EXPECT_EQ(published, 108U);
  EXPECT_EQ(all_operations().size(), 115U);
}

TEST(Operations, BelongToAGroupThatIsDescribed) {
  for (const Operation& row : all_operations()) {
    const auto groups = all_groups();
    EXPECT_TRUE(std::any_of(groups.begin(), groups.end(), [&row](const Group& group) {
      return group.name == row.group;
    })) << row.id;
  }
}

TEST(Operations, EachRowFindsItself) {
  for (const Operation& row : all_operations()) {
    std::vector<std::string_view> segments;
    std::string_view path = row.path;
    while (!path.empty()) {
      path.remove_prefix(1);
      const std::string_view segment = path.substr(0, path.find('/'));
      segments.push_back(segment.front() == '{' ? "x1" : segment);
      path.remove_prefix(segment.size());
    }
    EXPECT_EQ(operation_of(row.method, segments), row.id);
  }
}

TEST(Operations, OnlyAnUpgradeLeavesHttp) {
  std::set<std::string_view> upgrades;
  for (const Operation& row : all_operations()) {
    if (row.flow != Flow::plain && row.flow != Flow::streams) upgrades.insert(row.id);
  }
  const std::set<std::string_view> expected{
      "ContainerAttach", "ContainerAttachWebsocket", "ExecStart", "Grpc", "Session"};
  EXPECT_EQ(upgrades, expected);
}

TEST(Operations, BodiesThatAreReadHaveASchema) {
  for (const Operation& row : all_operations()) {
    EXPECT_EQ(row.body.kind == BodyKind::json, row.body.schema != nullptr) << row.id;
  }
  EXPECT_EQ(operation_named("ContainerCreate")->body.schema, &container_create_schema);
}

TEST(FindOperation, NamesOfImagesMayHoldSlashes) {
  const Route route =
      find_operation(Method::get, std::vector<std::string_view>{"images", "a", "b:1", "json"});
  ASSERT_NE(route.operation, nullptr);
  EXPECT_EQ(route.operation->id, "ImageInspect");
  EXPECT_EQ(route.arguments, std::vector<std::string>{"a/b:1"});
}

TEST(FindOperation, NamesOfContainersMayNot) {
  EXPECT_EQ(operation_of(Method::get, {"containers", "a", "b", "json"}), "none");
}

TEST(FindOperation, TheMethodCounts) {
  EXPECT_EQ(operation_of(Method::post, {"containers", "json"}), "none");
  EXPECT_EQ(operation_of(Method::head, {"_ping"}), "SystemPingHead");
  EXPECT_EQ(operation_of(Method::head, {"info"}), "none");
  EXPECT_FALSE(method_named("get").has_value());
  EXPECT_FALSE(method_named("PATCH").has_value());
}

TEST(FindOperation, LiteralsAreNotArguments) {
  EXPECT_EQ(operation_of(Method::get, {"images", "get"}), "ImageGetAll");
  EXPECT_EQ(operation_of(Method::get, {"images", "get", "get"}), "ImageGet");
  EXPECT_EQ(operation_of(Method::get, {"plugins", "privileges"}), "GetPluginPrivileges");
}

TEST(FindOperation, NothingForNothing) {
  EXPECT_EQ(operation_of(Method::get, {}), "none");
  EXPECT_EQ(operation_of(Method::get, {"Containers", "json"}), "none");
  EXPECT_EQ(operation_of(Method::get, {"images"}), "none");
}

}  // namespace
}  // namespace dockgate::policy
