#include "policy/strict_json.h"

#include <gtest/gtest.h>

#include <string>

namespace dockgate::policy {
namespace {

std::string rule_of(const std::string& text) {
  const auto read = parse_json(text, "");
  return read ? "read" : read.error().all().front().rule;
}

std::string canonical(const std::string& text) {
  const auto read = parse_json(text, "");
  return read ? to_text(*read) : "refused";
}

TEST(StrictJson, WritesBackWhatItRead) {
  const std::string text = R"({"a":[1,-2,true,false,null,"x"],"b":{"c":""}})";
  EXPECT_EQ(canonical(text), text);
}

TEST(StrictJson, SkipsBlanksAroundTheDocument) { EXPECT_EQ(canonical(" \r\n{}\t\n"), "{}"); }

TEST(StrictJson, KeepsNumbersAsWritten) {
  EXPECT_EQ(canonical("[18446744073709551616,1e3,-0]"), "[18446744073709551616,1e3,-0]");
}

TEST(StrictJson, DecodesEscapesOnce) {
  EXPECT_EQ(canonical(R"(["\u0041\/\\u0041"])"), R"(["A/\\u0041"])");
}

TEST(StrictJson, RefusesADuplicateKeyAtItsPlace) {
  const auto read = parse_json(R"({"a":[{"b":1,"c":2,"b":3}]})", "");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().all().front().rule, "body.duplicate");
  EXPECT_EQ(read.error().all().front().at, "/a/0/b");
}

TEST(StrictJson, RefusesADuplicateKeyInALargeObject) {
  std::string text = "{";
  for (int i = 0; i < 100; ++i) text += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_EQ(rule_of(text + "\"k7\":0}"), "body.duplicate");
  EXPECT_EQ(rule_of(text + "\"k100\":0}"), "read");
}

TEST(StrictJson, RefusesADuplicateKeySpelledWithAnEscape) {
  EXPECT_EQ(rule_of(R"({"a":1,"\u0061":2})"), "body.duplicate");
}

TEST(StrictJson, RefusesASecondDocument) { EXPECT_EQ(rule_of("{} {}"), "body.syntax"); }

TEST(StrictJson, RefusesNothing) {
  EXPECT_EQ(rule_of(""), "body.syntax");
  EXPECT_EQ(rule_of("  "), "body.syntax");
}

TEST(StrictJson, RefusesWhatGoRefuses) {
  for (const char* const text : {"{\"a\":01}",
                                 "{'a':1}",
                                 "{\"a\":1,}",
                                 "[1,]",
                                 "{a:1}",
                                 "NaN",
                                 "\"\\x41\"",
                                 "\"\t\"",
                                 "\xef\xbb\xbf{}",
                                 "{\"a\":1}//x",
                                 "{\"a\":.5}",
                                 "{\"a\":+1}",
                                 "{\"a\" 1}",
                                 "{\"a\":1"}) {
    EXPECT_EQ(rule_of(text), "body.syntax") << text;
  }
}

TEST(StrictJson, RefusesInvalidUtf8AndLoneSurrogates) {
  EXPECT_EQ(rule_of("\"\xff\""), "body.syntax");
  EXPECT_EQ(rule_of("\"\xc0\xaf\""), "body.syntax");
  EXPECT_EQ(rule_of(R"("\ud800")"), "body.syntax");
  EXPECT_EQ(rule_of(R"("\udc00\ud800")"), "body.syntax");
  EXPECT_EQ(rule_of(R"("\ud83d\ude00")"), "read");
}

TEST(StrictJson, RefusesNulInKeysAndStrings) {
  EXPECT_EQ(rule_of(R"({"a\u0000":1})"), "body.encoding");
  EXPECT_EQ(rule_of(R"(["\u0000"])"), "body.encoding");
}

TEST(StrictJson, RefusesDepthBeyondTheLimit) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(rule_of(nested(json_depth)), "read");
  EXPECT_EQ(rule_of(nested(json_depth + 1)), "body.depth");
}

TEST(StrictJson, RefusesMoreValuesThanAnyDocumentHas) {
  const auto values = [](std::size_t count) {
    std::string text = "[0";
    for (std::size_t i = 1; i < count; ++i) text += ",0";
    return text + "]";
  };
  EXPECT_EQ(rule_of(values(most_json_values)), "read");
  EXPECT_EQ(rule_of(values(most_json_values + 1)), "body.values");
  // What stands in a string is none.
  const std::string commas(2 * most_json_values, ',');
  EXPECT_EQ(rule_of("[\"\\\"" + commas + "\\\\\"]"), "read");
  EXPECT_EQ(rule_of("{\"" + commas + "\":[" + commas + "]}"), "body.values");
}

TEST(StrictJson, WritesLineSeparatorsAsEscapes) {
  EXPECT_EQ(canonical("[\"\u2028\u2029\x7f\"]"), R"(["\u2028\u2029\u007f"])");
}

TEST(FoldsTo, FoldsCaseAndTheTwoLettersOutsideAscii) {
  EXPECT_TRUE(folds_to("HOSTCONFIG", "HostConfig"));
  EXPECT_TRUE(folds_to("ho\u017ftconfig", "HostConfig"));
  EXPECT_TRUE(folds_to("Networ\u212aMode", "NetworkMode"));
}

TEST(FoldsTo, FoldsNothingElse) {
  EXPECT_FALSE(folds_to("Host_Config", "HostConfig"));
  EXPECT_FALSE(folds_to("HostConfi", "HostConfig"));
  EXPECT_FALSE(folds_to("HostConfigs", "HostConfig"));
  EXPECT_FALSE(folds_to("P\u0131dMode", "PidMode"));
  EXPECT_FALSE(folds_to("\uff28ostConfig", "HostConfig"));
}

}  // namespace
}  // namespace dockgate::policy
