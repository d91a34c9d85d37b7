#include "proxy/http/head.h"

#include <gtest/gtest.h>

#include <string>

namespace dockgate::proxy::http {
namespace {

// The method and target of a head, or the status of its refusal; fed in pieces of `step` bytes.
std::string read(const std::string& bytes, std::size_t step) {
  HeadText text(4096);
  std::size_t at = 0;
  while (!text.complete() && at < bytes.size()) {
    const auto used = text.feed(std::string_view(bytes).substr(at, step));
    if (!used) return std::to_string(used.error().status);
    at += *used;
  }
  if (!text.complete()) return "partial";
  const auto head = read_request_head(text.text());
  if (!head) return std::to_string(head.error().status);
  return std::string(head->method) + " " + std::string(head->target);
}

struct Bytes {
  const char* name;
  std::string bytes;
  const char* outcome;
};

class Heads : public testing::TestWithParam<Bytes> {};

TEST_P(Heads, AreReadTheSameHoweverTheyAreCut) {
  const Bytes& one = GetParam();
  EXPECT_EQ(read(one.bytes, one.bytes.size()), one.outcome);
  EXPECT_EQ(read(one.bytes, 1), one.outcome);
  EXPECT_EQ(read(one.bytes, 3), one.outcome);
}

const std::string host = "Host: d\r\n";

INSTANTIATE_TEST_SUITE_P(
    Requests,
    Heads,
    testing::Values(
        Bytes{"plain", "GET /info HTTP/1.1\r\n" + host + "\r\n", "GET /info"},
        Bytes{"http_1_0_needs_no_host", "GET / HTTP/1.0\r\n\r\n", "GET /"},
        Bytes{"empty_value", "GET / HTTP/1.1\r\n" + host + "A:\r\n\r\n", "GET /"},
        Bytes{"blanks_around_a_value", "GET / HTTP/1.1\r\n" + host + "A: \t x \t\r\n\r\n", "GET /"},
        Bytes{"bare_lf", "GET / HTTP/1.1\n" + host + "\r\n", "400"},
        Bytes{"bare_lf_at_the_end", "GET / HTTP/1.1\r\n" + host + "\n", "400"},
        Bytes{"bare_cr", "GET / HTTP/1.1\r\nA: b\rc\r\n" + host + "\r\n", "400"},
        Bytes{"cr_cr_lf", "GET / HTTP/1.1\r\r\n" + host + "\r\n", "400"},
        Bytes{"folded_line", "GET / HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n", "400"},
        Bytes{"folded_first_line", "GET / HTTP/1.1\r\n " + host + "\r\n", "400"},
        Bytes{"empty_line_first", "\r\nGET / HTTP/1.1\r\n" + host + "\r\n", "400"},
        Bytes{"blank_before_colon", "GET / HTTP/1.1\r\n" + host + "A : b\r\n\r\n", "400"},
        Bytes{"empty_name", "GET / HTTP/1.1\r\n" + host + ": b\r\n\r\n", "400"},
        Bytes{"no_colon", "GET / HTTP/1.1\r\n" + host + "A\r\n\r\n", "400"},
        Bytes{"nul_in_value", "GET / HTTP/1.1\r\n" + host + std::string("A: \0\r\n\r\n", 8), "400"},
        Bytes{"no_host", "GET / HTTP/1.1\r\n\r\n", "400"},
        Bytes{"two_hosts", "GET / HTTP/1.1\r\n" + host + host + "\r\n", "400"},
        Bytes{"two_types",
              "POST / HTTP/1.1\r\n" + host + "Content-Type: a/b\r\ncontent-type: a/b\r\n\r\n",
              "400"},
        Bytes{"two_lengths",
              "POST / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
              "400"},
        Bytes{"two_expects", "GET / HTTP/1.1\r\n" + host + "Expect: a\r\nExpect: a\r\n\r\n", "400"},
        Bytes{"connection_takes_framing",
              "GET / HTTP/1.1\r\n" + host + "Connection: close, Content-Length\r\n\r\n",
              "400"},
        Bytes{"two_blanks", "GET  / HTTP/1.1\r\n" + host + "\r\n", "400"},
        Bytes{"tab", "GET\t/ HTTP/1.1\r\n" + host + "\r\n", "400"},
        Bytes{"blank_at_the_end", "GET / HTTP/1.1 \r\n" + host + "\r\n", "400"},
        Bytes{"blank_in_target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", "400"},
        Bytes{"bytes_above_ascii_in_target", "GET /\xc3\xa4 HTTP/1.1\r\n" + host + "\r\n", "400"},
        Bytes{"http_0_9", "GET /\r\n\r\n", "400"},
        Bytes{"http_1_2", "GET / HTTP/1.2\r\n" + host + "\r\n", "505"},
        Bytes{"http_2_in_the_line", "GET / HTTP/2.0\r\n" + host + "\r\n", "505"},
        Bytes{"http_2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
        Bytes{"tls", "\x16\x03\x01\x02", "400"},
        Bytes{"too_long", "GET / HTTP/1.1\r\nA: " + std::string(5000, 'a'), "431"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(RequestHead, HasAtMostAHundredFields) {
  std::string bytes = "GET / HTTP/1.1\r\n" + host;
  for (int i = 0; i < 99; ++i) bytes += "A: b\r\n";
  EXPECT_EQ(read(bytes + "\r\n", bytes.size() + 2), "GET /");
  EXPECT_EQ(read(bytes + "A: b\r\n\r\n", bytes.size() + 8), "431");
}

TEST(Fields, ListTokensInAnyCase) {
  Fields fields;
  fields.add({Known::connection, "Connection", "keep-alive, UPGRADE"});
  EXPECT_TRUE(fields.lists(Known::connection, "upgrade"));
  EXPECT_FALSE(fields.lists(Known::connection, "close"));
}

TEST(ResponseHead, IsReadStrictlyToo) {
  EXPECT_EQ(read_response_head("HTTP/1.1 204 No Content\r\n\r\n")->status, 204U);
  EXPECT_FALSE(read_response_head("HTTP/1.1 999 X\r\n\r\n").has_value());
  EXPECT_FALSE(read_response_head("HTTP/1.1 20 X\r\n\r\n").has_value());
  EXPECT_FALSE(read_response_head("ICY 200 OK\r\n\r\n").has_value());
}

}  // namespace
}  // namespace dockgate::proxy::http
