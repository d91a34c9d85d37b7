#include "proxy/audit/show.h"

#include <gtest/gtest.h>

#include "proxy/audit/plain_text.h"

namespace dockgate::proxy::audit {
namespace {

constexpr const char* refused =
    R"({"v":1,"time":"2026-11-24T15:30:00.000001Z","id":"a-1","event":"request",)"
    R"("client":{"name":"ci","uid":1000},"listener":"l","operation":"ContainerCreate",)"
    R"("objects":[{"kind":"network","name":"net","id":"0123456789"}],)"
    R"("asked":{"name":"web","image":"alpine","privileged":true,"bind_mounts":["/a:/b:ro","/c:/d:rw"]},)"
    R"("policy":"p","verdict":"refuse","reasons":[{"rule":"container.privileged",)"
    R"("at":"/HostConfig/Privileged","value":"privileged","mend":""}],"status":403,"bytes_in":12,)"
    R"("bytes_out":0,"duration_us":2500,"ended":"complete","seq":7,"hash":"x"})";

TEST(Show, IsOneLineAndOneMoreForEachReason) {
  EXPECT_EQ(
      shown(refused, {}),
      "2026-11-24T15:30:00.000001Z refuse       ci (uid 1000)        ContainerCreate name=web "
      "image=alpine privileged=yes bind_mounts=/a:/b:ro,/c:/d:rw 403 after 2 ms, 12 bytes in, 0 "
      "out\n    - privileged (container.privileged at /HostConfig/Privileged)\n");
}

TEST(Show, HasColoursOnlyWhereAskedFor) {
  EXPECT_EQ(shown(refused, {}).find('\033'), std::string::npos);
  EXPECT_NE(shown(refused, {.coloured = true}).find("\033[31mrefuse"), std::string::npos);
}

TEST(Show, LetsNoNameSpeakToTheTerminal) {
  const std::string line =
      R"({"time":"T","event":"request","client":{"name":"a\u001b[2J"},"operation":"O",)"
      R"("object":"b\u009b\u202ec\r\nd","verdict":"allow","seq":1})";
  EXPECT_EQ(shown(line, {}),
            "T allow        a\\u{1b}[2J           O b\\u{9b}\\u{202e}c\\u{d}\\u{a}d\n");
}

TEST(Show, IsSilentAboutWhatIsNoRecord) {
  EXPECT_EQ(shown("listening on unix:///x", {}), "");
  EXPECT_EQ(shown("{\"a\":1}", {}), "");
  EXPECT_EQ(shown("{\"a\":", {}), "");
}

TEST(Show, FindsARequestByWhatItMade) {
  const std::string line =
      R"({"time":"T","event":"outcome","client":{"name":"a"},"operation":"O","verdict":"allow",)"
      R"("status":201,"duration_us":1,"bytes_in":0,"bytes_out":0,"created":"0123456789",)"
      R"("ended":"complete","seq":1})";
  EXPECT_NE(shown(line, {.filter = {.object = "0123"}}).find(", made 0123456789"),
            std::string::npos);
  EXPECT_EQ(shown(line, {.filter = {.object = "1234"}}), "");
}

bool passes(const Filter& filter) { return !shown(refused, {.filter = filter}).empty(); }

TEST(Filter, LooksAtClientVerdictOperationObjectAndTime) {
  EXPECT_TRUE(passes({.client = "c*"}));
  EXPECT_FALSE(passes({.client = "d*"}));
  EXPECT_TRUE(passes({.verdict = "refuse"}));
  EXPECT_FALSE(passes({.verdict = "allow"}));
  EXPECT_TRUE(passes({.operation = "Container*"}));
  EXPECT_FALSE(passes({.operation = "Container"}));
  EXPECT_TRUE(passes({.object = "web"}));
  EXPECT_TRUE(passes({.object = "net"}));
  EXPECT_TRUE(passes({.object = "0123"}));
  EXPECT_FALSE(passes({.object = "we"}));
  EXPECT_TRUE(passes({.since = "2026-11-24T15:30"}));
  EXPECT_FALSE(passes({.since = "2026-11-24T15:31"}));
  EXPECT_TRUE(passes({.until = "2026-11-24T15:31"}));
  EXPECT_FALSE(passes({.until = "2026-11-24T15:30"}));
}

TEST(Filter, ReadsTimes) {
  EXPECT_EQ(time_of("2026-11-24"), "2026-11-24");
  EXPECT_EQ(time_of("2026-11-24T15:30:00Z"), "2026-11-24T15:30:00");
  EXPECT_EQ(time_of("2h")->size(), 19U);
  EXPECT_LT(*time_of("2h"), *time_of("1h"));
  for (const char* const wrong : {"", "yesterday", "2026/11/24", "24.11.2026", "5", "5w", "-5m"}) {
    EXPECT_EQ(time_of(wrong), std::nullopt) << wrong;
  }
}

TEST(PlainText, IsEscapedInHtml) {
  EXPECT_EQ(in_html("<a b='c' d=\"e\">&\x1b"),
            "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;\\u{1b}");
  EXPECT_EQ(plain("größe \xff"), "größe \\u{fffd}");
}

}  // namespace
}  // namespace dockgate::proxy::audit
