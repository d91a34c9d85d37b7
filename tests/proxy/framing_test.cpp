#include "proxy/http/framing.h"

#include <gtest/gtest.h>

#include <string>

namespace dockgate::proxy::http {
namespace {

std::string framing(const std::string& fields, const char* version = "HTTP/1.1") {
  const std::string text = std::string("POST / ") + version + "\r\nHost: d\r\n" + fields + "\r\n";
  const auto head = read_request_head(text);
  if (!head) return std::to_string(head.error().status);
  const auto framed = framing_of(*head);
  if (!framed) return std::to_string(framed.error().status);
  switch (framed->kind) {
    case Framing::Kind::none:
      return "none";
    case Framing::Kind::sized:
      return "sized " + std::to_string(framed->length);
    case Framing::Kind::chunked:
      return "chunked";
    case Framing::Kind::until_close:
      return "until close";
  }
  return "";
}

TEST(RequestFraming, IsALengthOrChunks) {
  EXPECT_EQ(framing(""), "none");
  EXPECT_EQ(framing("Content-Length: 12\r\n"), "sized 12");
  EXPECT_EQ(framing("Content-Length: 0012\r\n"), "sized 12");
  EXPECT_EQ(framing("Transfer-Encoding: Chunked\r\n"), "chunked");
}

TEST(RequestFraming, IsNeverBoth) {
  EXPECT_EQ(framing("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), "400");
  EXPECT_EQ(framing("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), "400");
}

TEST(RequestFraming, TakesPlainNumbersAlone) {
  for (const char* const length :
       {"+1", "-1", "0x1", "1.0", "1,1", "1 1", "", "1_0", "1234567890123456789", "a"}) {
    EXPECT_EQ(framing(std::string("Content-Length: ") + length + "\r\n"), "400") << length;
  }
}

TEST(RequestFraming, TakesNoOtherCoding) {
  for (const char* const coding :
       {"gzip", "identity", "gzip, chunked", "chunked, chunked", "chunked;x", "xchunked", ""}) {
    EXPECT_EQ(framing(std::string("Transfer-Encoding: ") + coding + "\r\n"), "501") << coding;
  }
  EXPECT_EQ(framing("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "400");
  EXPECT_EQ(framing("Transfer-Encoding: chunked\r\n", "HTTP/1.0"), "400");
}

TEST(ResponseFraming, KnowsWhatHasNoBody) {
  const auto kind = [](const char* text, const char* method) {
    return framing_of(*read_response_head(text), method)->kind;
  };
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD"), Framing::Kind::none);
  EXPECT_EQ(kind("HTTP/1.1 304 Not Modified\r\n\r\n", "GET"), Framing::Kind::none);
  EXPECT_EQ(kind("HTTP/1.1 204 No Content\r\n\r\n", "POST"), Framing::Kind::none);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\n\r\n", "GET"), Framing::Kind::until_close);
}

// The body, or "refused" or "partial"; fed in pieces.
std::string decoded(const std::string& bytes, std::size_t step) {
  BodyDecoder decoder(Framing{Framing::Kind::chunked});
  std::string body;
  for (std::size_t at = 0; at < bytes.size() && !decoder.complete(); at += step) {
    std::string_view piece = std::string_view(bytes).substr(at, step);
    while (!piece.empty() && !decoder.complete()) {
      const auto taken = decoder.next(piece);
      if (!taken) return "refused";
      body += taken->body;
      piece.remove_prefix(taken->used);
    }
  }
  return decoder.complete() ? body : "partial";
}

struct Chunks {
  const char* bytes;
  const char* outcome;
};

class ChunkedBodies : public testing::TestWithParam<Chunks> {};

TEST_P(ChunkedBodies, AreReadTheSameHoweverTheyAreCut) {
  for (const std::size_t step : {1U, 2U, 3U, 1000U}) {
    EXPECT_EQ(decoded(GetParam().bytes, step), GetParam().outcome) << GetParam().bytes << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Framing,
                         ChunkedBodies,
                         testing::Values(Chunks{"0\r\n\r\n", ""},
                                         Chunks{"3\r\nabc\r\n0\r\n\r\n", "abc"},
                                         Chunks{"00A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
                                         Chunks{"1\r\na\r\n1\r\nb\r\n0\r\n\r\n", "ab"},
                                         Chunks{"3\r\nab", "partial"},
                                         Chunks{"0\r\n", "partial"},
                                         Chunks{"3;x=y\r\nabc\r\n0\r\n\r\n", "refused"},
                                         Chunks{"3;\"\n\"\r\nabc\r\n0\r\n\r\n", "refused"},
                                         Chunks{"3\nabc\r\n0\r\n\r\n", "refused"},
                                         Chunks{"3 \r\nabc\r\n0\r\n\r\n", "refused"},
                                         Chunks{"\r\n", "refused"},
                                         Chunks{"-1\r\n", "refused"},
                                         Chunks{"0x3\r\nabc\r\n", "refused"},
                                         Chunks{"3\r\nabcd\r\n", "refused"},
                                         Chunks{"3\r\nabc\n0\r\n\r\n", "refused"},
                                         Chunks{"0\r\nA: b\r\n\r\n", "refused"},
                                         Chunks{"0\r\n\n", "refused"},
                                         Chunks{"11111111111111111\r\n", "refused"}));

TEST(BodyDecoder, LeavesWhatFollowsASizedBody) {
  BodyDecoder decoder(Framing{Framing::Kind::sized, 3});
  const auto step = decoder.next("abcGET /");
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(step->body, "abc");
  EXPECT_EQ(step->used, 3U);
  EXPECT_TRUE(decoder.complete());
}

TEST(Framing, ABeginningIsTheWholeOnlyWhereNothingIsCutOff) {
  const Framing framing{Framing::Kind::sized, 6};
  EXPECT_FALSE(beginning_of(framing, "hello!", 5)->complete);
  EXPECT_TRUE(beginning_of(framing, "hello!", 6)->complete);
}

}  // namespace
}  // namespace dockgate::proxy::http
