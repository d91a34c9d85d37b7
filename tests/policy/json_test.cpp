#include "policy/json.h"

#include <gtest/gtest.h>

#include <string>

#include "policy/strict_json.h"

namespace dockgate::policy {
namespace {

std::string at(const std::string& pointer) {
  auto document = *parse_json(R"({"a/b":["x",{"~c":"y"}],"":{"d":"z"}})", "");
  const Json* const found = value_at(document, pointer);
  return found == nullptr ? "nothing" : to_text(*found);
}

TEST(ValueAt, FollowsAPointer) {
  EXPECT_EQ(at("/a~1b/0"), "\"x\"");
  EXPECT_EQ(at("/a~1b/1/~0c"), "\"y\"");
  EXPECT_EQ(at("//d"), "\"z\"");
  EXPECT_EQ(at("/a~1b"), R"(["x",{"~c":"y"}])");
}

TEST(ValueAt, LeadsNowhereWhereThereIsNone) {
  for (const char* const pointer : {"/a",
                                    "/a~1b/2",
                                    "/a~1b/x",
                                    "/a~1b/0x",
                                    "/a~1b/-1",
                                    "/a~1b/0/0",
                                    "/a~1b/99999999999999999999",
                                    "/a~1b/1/~",
                                    "//d/e",
                                    "/a~0b"}) {
    EXPECT_EQ(at(pointer), "nothing") << pointer;
  }
}

TEST(Json, IsEqualWhereKindAndValueAre) {
  const auto of = [](const char* text) { return *parse_json(text, ""); };
  EXPECT_EQ(of(R"({"a":[1,true,null]})"), of(R"({ "a": [1, true, null] })"));
  EXPECT_FALSE(of("true") == of("false"));
  EXPECT_FALSE(of("1") == of("\"1\""));
  EXPECT_FALSE(of("[1]") == of("[1,1]"));
  EXPECT_FALSE(of(R"({"a":1})") == of(R"({"b":1})"));
}

// What is behind the text already costs nothing again: a record may tell thousands of escaped
// texts.
TEST(Json, RoomIsForWhatIsAppended) {
  std::string out;
  out.reserve((1 << 20) + 64);
  out.assign(1 << 20, 'x');
  const std::size_t before = out.capacity();
  write_json_string("a\"b", out);
  EXPECT_EQ(out.capacity(), before);
  EXPECT_EQ(out.substr(1 << 20), R"("a\"b")");
}

TEST(Json, SmallTextsStaySmall) {
  EXPECT_EQ(to_text(Json::of_integer(65535)).capacity(), std::string().capacity());
  EXPECT_EQ(to_text(Json::of_boolean(true)).capacity(), std::string().capacity());
}

}  // namespace
}  // namespace dockgate::policy
