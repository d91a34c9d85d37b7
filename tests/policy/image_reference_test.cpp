#include "policy/image_reference.h"

#include <gtest/gtest.h>

#include <string>

namespace dockgate::policy {
namespace {

constexpr const char* digest =
    "sha256:0123456789012345678901234567890123456789012345678901234567890123";

std::string read(std::string_view text) {
  const auto reference = parse_reference(text);
  return reference ? reference->text() : "none";
}

TEST(ParseReference, GivesTheNameItsRegistry) {
  EXPECT_EQ(read("alpine"), "docker.io/library/alpine");
  EXPECT_EQ(read("alpine:3"), "docker.io/library/alpine:3");
  EXPECT_EQ(read("team/app"), "docker.io/team/app");
  EXPECT_EQ(read("docker.io/alpine"), "docker.io/library/alpine");
  EXPECT_EQ(read("index.docker.io/library/alpine:3"), "docker.io/library/alpine:3");
  EXPECT_EQ(read("localhost/x"), "localhost/x");
  EXPECT_EQ(read("registry.example.com:5000/a/b-c/d__e:1.0"),
            "registry.example.com:5000/a/b-c/d__e:1.0");
  EXPECT_EQ(read("[::1]:5000/x"), "[::1]:5000/x");
  EXPECT_EQ(read("[fe80::AF]/x"), "[fe80::AF]/x");
  EXPECT_EQ(read("a-b.example.com/x"), "a-b.example.com/x");
  EXPECT_EQ(read("a:V1_2.3-4"), "docker.io/library/a:V1_2.3-4");
}

// The first part has upper case, and so can only be a host.
TEST(ParseReference, TakesUpperCaseForAHost) { EXPECT_EQ(read("EVIL/x"), "EVIL/x"); }

TEST(ParseReference, TakesDigests) {
  EXPECT_EQ(read(std::string("a@") + digest), std::string("docker.io/library/a@") + digest);
  EXPECT_EQ(read(std::string("a:1@") + digest), std::string("docker.io/library/a:1@") + digest);
}

TEST(ParseReference, RefusesWhatTheEngineRefuses) {
  for (const char* text :
       {"",
        "Alpine",
        "a b",
        "a:",
        "a@",
        "a@sha256:12",
        "/a",
        "a/",
        "a//b",
        "a..b",
        "a.-b",
        "a___b",
        "-a",
        "a:1:2",
        "a:.1",
        "https://a/b",
        "a.b/C",
        "a\n",
        "a.b:+5/x",
        "a.b:5x/x",
        "[/x",
        "[]/x",
        "[]:5/x",
        "[::1/x",
        "[::G]/x",
        "[::1]x/x",
        "-a.b/x",
        "a-.b/x",
        "a_b.c:5/x",
        "a..b:5/x",
        "a:-1",
        "a:1+1",
        "a@:0123456789012345678901234567890123456789012345678901234567890123",
        "a@SHA:0123456789012345678901234567890123456789012345678901234567890123",
        "a@sha256:g123456789012345678901234567890123456789012345678901234567890123",
        "a\x7f",
        "a%2fb",
        digest,
        "0123456789012345678901234567890123456789012345678901234567890123"}) {
    EXPECT_EQ(read(text), "none") << text;
  }
  EXPECT_EQ(read("a/" + std::string(255, 'b')), "none");
  EXPECT_NE(read("a:" + std::string(128, 'b')), "none");
  EXPECT_EQ(read("a:" + std::string(129, 'b')), "none");
}

bool matches(std::string_view pattern, std::string_view text) {
  return reference_matches(pattern, *parse_reference(text));
}

TEST(ReferenceMatches, OneStarStaysWithinAComponent) {
  EXPECT_TRUE(matches("docker.io/library/*", "alpine:3"));
  EXPECT_FALSE(matches("docker.io/library/*", "team/alpine"));
  EXPECT_FALSE(matches("docker.io/*", "team/app"));
  EXPECT_TRUE(matches("docker.io/**", "team/app"));
  EXPECT_TRUE(matches("**", "registry.example.com/a/b/c:1"));
  EXPECT_FALSE(matches("registry.example.com/**", "registry.example.com.evil.example/a"));
  EXPECT_FALSE(matches("registry.example.com/**", "registry.example.com:5000/a"));
}

TEST(ReferenceMatches, ATagInThePatternIsAskedFor) {
  EXPECT_TRUE(matches("docker.io/library/alpine:3.*", "alpine:3.19"));
  EXPECT_FALSE(matches("docker.io/library/alpine:3.*", "alpine:2"));
  EXPECT_FALSE(matches("docker.io/library/alpine:3.*", "alpine"));
  EXPECT_TRUE(matches("localhost:5000/a", "localhost:5000/a:1"));
}

TEST(ReferenceMatches, ADigestInThePatternIsAskedFor) {
  const std::string pinned = std::string("docker.io/library/a@") + digest;
  EXPECT_TRUE(matches(pinned, std::string("a@") + digest));
  EXPECT_FALSE(matches(pinned, "a:1"));
}

TEST(ReferencePatterns, NameTheirRegistry) {
  EXPECT_EQ(problem_of_reference_pattern("docker.io/library/*"), "");
  EXPECT_EQ(problem_of_reference_pattern("**"), "");
  EXPECT_EQ(problem_of_reference_pattern("*.example.com/**"), "");
  EXPECT_NE(problem_of_reference_pattern("alpine"), "");
  EXPECT_NE(problem_of_reference_pattern("library/*"), "");
  EXPECT_NE(problem_of_reference_pattern("a.b/c@sha256:1"), "");
  EXPECT_NE(problem_of_reference_pattern(""), "");
}

TEST(RegistryHost, IsWhatTheEngineWouldTalkTo) {
  EXPECT_EQ(registry_host("registry.example.com:5000"), "registry.example.com:5000");
  EXPECT_EQ(registry_host("https://registry.example.com/v2/"), "registry.example.com");
  EXPECT_EQ(registry_host("http://[::1]:5000/a:b"), "[::1]:5000");
  EXPECT_EQ(registry_host("https://index.docker.io/v1/"), "docker.io");
  EXPECT_EQ(registry_host(""), "docker.io");
}

TEST(RegistryHost, IsNoneWhereTwoCouldReadAnother) {
  for (const char* const address : {"https://",
                                    "/",
                                    "//docker.io",
                                    "ftp://docker.io",
                                    "HTTPS://docker.io",
                                    "docker.io:",
                                    "http://http://docker.io",
                                    "127.0.0.1:1/://docker.io",
                                    "127.0.0.1:1#://docker.io/",
                                    "127.0.0.1:1?docker.io",
                                    "a@docker.io",
                                    "docker.io/a@b",
                                    "127.0.0.1\\.docker.io",
                                    "docker.io /",
                                    "docker.io%2f",
                                    "d\u00f6cker.io",
                                    "docker.io/\u00a0"}) {
    EXPECT_EQ(registry_host(address), std::nullopt) << address;
  }
}

TEST(ReadsAsId, HexDigitsAlone) {
  EXPECT_TRUE(reads_as_id("cafe"));
  EXPECT_FALSE(reads_as_id("cafeteria"));
  EXPECT_FALSE(reads_as_id("CAFE"));
  EXPECT_FALSE(reads_as_id(""));
}

}  // namespace
}  // namespace dockgate::policy
