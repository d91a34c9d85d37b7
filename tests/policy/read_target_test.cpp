#include <gtest/gtest.h>

#include <string>

#include "policy/request.h"
#include "policy/write_target.h"

namespace dockgate::policy {
namespace {

// The canonical target, or the rule of the first reason.
std::string read(const std::string& method, const std::string& target) {
  const auto result = read_target(method, target);
  return result ? write_target(*result) : result.error().all().front().rule;
}

struct Spelling {
  const char* target;
  const char* outcome;
};

class Paths : public testing::TestWithParam<Spelling> {};

TEST_P(Paths, AreOneSpellingOrRefused) {
  EXPECT_EQ(read("GET", GetParam().target), GetParam().outcome) << GetParam().target;
}

INSTANTIATE_TEST_SUITE_P(ReadTarget,
                         Paths,
                         testing::Values(Spelling{"/v1.41/containers/json",
                                                  "/v1.41/containers/json"},
                                         Spelling{"/containers/json", "/containers/json"},
                                         Spelling{"/v1.24/info", "/v1.24/info"},
                                         Spelling{"/v1.56/info", "/v1.56/info"},
                                         Spelling{"/%63ontainers/json", "/containers/json"},
                                         Spelling{"/v1%2e41/info", "/v1.41/info"},
                                         Spelling{"/containers%2Fjson", "/containers/json"},
                                         Spelling{"/containers/we%62/json", "/containers/web/json"},
                                         Spelling{"/images/a%2Fb:1/json", "/images/a/b:1/json"},
                                         Spelling{"/images/r.example.com:5000/a/b@sha256:00/json",
                                                  "/images/r.example.com:5000/a/b@sha256:00/json"},
                                         Spelling{"/networks/", "/networks"},
                                         Spelling{"/v1.23/info", "target.version"},
                                         Spelling{"/v1.57/info", "target.version"},
                                         Spelling{"/v1.041/info", "target.version"},
                                         Spelling{"/v01.41/info", "target.version"},
                                         Spelling{"/v1.41.0/info", "target.version"},
                                         Spelling{"/v1/info", "target.version"},
                                         Spelling{"/v2.0/info", "target.version"},
                                         Spelling{"/v1.41/v1.41/info", "operation.unknown"},
                                         Spelling{"/V1.41/info", "operation.unknown"},
                                         Spelling{"/v1.41a/info", "target.version"},
                                         Spelling{"//info", "target.path"},
                                         Spelling{"/./info", "target.path"},
                                         Spelling{"/a/../info", "target.path"},
                                         Spelling{"/%2e%2e/info", "target.path"},
                                         Spelling{"/containers/x%2f..%2fy/json", "target.path"},
                                         Spelling{"/info/", "target.path"},
                                         Spelling{"/containers/%2fc1/json", "target.path"},
                                         Spelling{"/containers/a%00/json", "target.path"},
                                         Spelling{"/containers/a%0a/json", "target.path"},
                                         Spelling{"/containers/a%20b/json", "target.path"},
                                         Spelling{"/containers/a%252fb/json", "target.path"},
                                         Spelling{"/containers/a;b/json", "target.path"},
                                         Spelling{"/containers/a%c3%a4/json", "target.path"},
                                         Spelling{"/containers/a#/json", "target.path"},
                                         Spelling{"/containers/a\\b/json", "target.path"},
                                         Spelling{"/containers/%zz/json", "target.path"},
                                         Spelling{"/info%", "target.path"},
                                         Spelling{"/info%4", "target.path"},
                                         Spelling{"/info%4g", "target.path"},
                                         Spelling{"/v/info", "operation.unknown"},
                                         Spelling{"/v:.4/info", "operation.unknown"},
                                         Spelling{"/v1.99999999999/info", "target.version"},
                                         Spelling{"http://d/info", "target.path"},
                                         Spelling{"x:/info", "target.path"},
                                         Spelling{"*", "target.path"},
                                         Spelling{"", "target.path"},
                                         Spelling{"?a=b", "target.path"},
                                         Spelling{"info", "target.path"},
                                         Spelling{"/", "target.path"},
                                         Spelling{"/containers/a/b/json", "operation.unknown"},
                                         Spelling{"/nothing", "operation.unknown"}));

class Queries : public testing::TestWithParam<Spelling> {};

TEST_P(Queries, AreOneSpellingOrRefused) {
  EXPECT_EQ(read("GET", GetParam().target), GetParam().outcome) << GetParam().target;
}

INSTANTIATE_TEST_SUITE_P(
    ReadTarget,
    Queries,
    testing::Values(
        Spelling{"/containers/json?size=1&all=true", "/containers/json?all=1&size=1"},
        Spelling{"/containers/json?all=", "/containers/json?all=0"},
        Spelling{"/containers/json?all=No", "/containers/json?all=0"},
        Spelling{"/containers/json?all=+none+", "/containers/json?all=0"},
        Spelling{"/containers/json?all=x", "/containers/json?all=1"},
        Spelling{"/containers/json?%61ll=1", "/containers/json?all=1"},
        Spelling{"/containers/json?&&all=1&", "/containers/json?all=1"},
        Spelling{"/containers/json?limit=-1", "/containers/json?limit=-1"},
        Spelling{"/containers/json?limit=", "/containers/json"},
        Spelling{"/containers/json?limit=1e3", "query.type"},
        Spelling{"/containers/json?filters=%7B%22label%22%3A%5B%22a%22%5D%7D",
                 "/containers/json?filters=%7B%22label%22%3A%5B%22a%22%5D%7D"},
        Spelling{"/containers/json?filters=%7B%22a%22:%5B%5D,%22a%22:%5B%5D%7D", "body.duplicate"},
        Spelling{"/containers/json?filters=x", "body.syntax"},
        Spelling{"/containers/json?All=1", "query.unknown"},
        Spelling{"/containers/json?all=1&trunc_cmd=0", "/containers/json?all=1"},
        Spelling{"/containers/json?trunc_cmd=0&trunc_cmd=1", "query.duplicate"},
        Spelling{"/containers/json?HostConfig=1", "query.unknown"},
        Spelling{"/images/json?only_ids=1", "/images/json"},
        Spelling{"/images/json?trunc_cmd=1", "query.unknown"},
        Spelling{"/containers/json?nothing=", "/containers/json"},
        Spelling{"/containers/json?all=1&all=0", "query.duplicate"},
        Spelling{"/containers/json?all=1;size=1", "query.syntax"},
        Spelling{"/containers/json?all=%zz", "query.syntax"},
        Spelling{"/containers/json?all=%00", "query.syntax"},
        Spelling{"/containers/json?before=%ff", "query.syntax"},
        Spelling{"/containers/json?before=a+b%2Bc", "/containers/json?before=a%20b%2Bc"},
        Spelling{"/images/get?names=a&names=b", "/images/get?names=a&names=b"}));

TEST(ReadTarget, AWrongMethodIsNoOperation) {
  EXPECT_EQ(read("PATCH", "/info"), "operation.unknown");
  EXPECT_EQ(read("get", "/info"), "operation.unknown");
  EXPECT_EQ(read("PRI", "*"), "target.path");
}

// They stand in the answer and in the audit, as JSON.
TEST(ReadTarget, ReasonsHoldTextAlone) {
  for (const char* const target : {"/v1.4%ff/info", "/v1%00.41/info", "/inf%c3/o?%ff=%ff"}) {
    const auto result = read_target("GET", target);
    ASSERT_FALSE(result) << target;
    const Reasons why = result.error();
    for (const Reason& reason : why.all()) {
      for (const char c : reason.value + reason.at) EXPECT_TRUE(c >= ' ' && c <= '~') << target;
    }
  }
}

TEST(ReadTarget, TheCanonicalTargetReadsTheSame) {
  for (const char* const target : {"/v1.41/containers/a%2Bb/logs?tail=10&follow=1",
                                   "/images/x/y%40z/history",
                                   "/containers/web/top?ps_args=-o+pid%2Ccmd"}) {
    const std::string once = read("GET", target);
    EXPECT_EQ(read("GET", once), once) << target;
  }
}

}  // namespace
}  // namespace dockgate::policy
