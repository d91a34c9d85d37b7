#include "proxy/audit/chain.h"

#include <gtest/gtest.h>

#include <string>

#include "certs/fingerprint.h"

namespace dockgate::proxy::audit {
namespace {

TEST(Chain, SealsALineWithItsNumberAndHash) {
  Hasher hasher;
  Link head;
  std::string out;
  seal(R"({"v":1,"a":"b")", hasher, head, out);
  const std::string hashed = R"({"v":1,"a":"b","seq":1)";
  const std::string hash = certs::fingerprint(std::string(32, '\0') + hashed).substr(7);
  EXPECT_EQ(out, hashed + R"(,"hash":")" + hash + "\"}\n");
  EXPECT_EQ(head.seq, 1U);
  EXPECT_EQ(hex_of(head.hash), hash);
}

TEST(Chain, ReadsBackWhatItSealed) {
  Hasher hasher;
  Link head{.seq = 41};
  std::string out;
  seal(R"({"v":1,"text":",\"seq\":7,\"hash\":\"")", hasher, head, out);
  const auto seal = read_seal(std::string_view(out).substr(0, out.size() - 1));
  ASSERT_TRUE(seal.has_value());
  EXPECT_EQ(seal->link, head);
  EXPECT_EQ(out.substr(seal->hashed, 9), ",\"hash\":\"");
}

TEST(Chain, TakesNothingElseForALine) {
  const std::string hash(64, 'a');
  EXPECT_TRUE(read_seal("{\"a\":1,\"seq\":1,\"hash\":\"" + hash + "\"}"));
  EXPECT_FALSE(read_seal(""));
  EXPECT_FALSE(read_seal("{}"));
  EXPECT_FALSE(read_seal("\"a\":1,\"seq\":1,\"hash\":\"" + hash + "\"}"));
  EXPECT_FALSE(read_seal("{\"a\":1,\"seq\":,\"hash\":\"" + hash + "\"}"));
  EXPECT_FALSE(read_seal("{\"a\":1,\"seq\":99999999999999999999,\"hash\":\"" + hash + "\"}"));
  EXPECT_FALSE(read_seal("{\"a\":1,\"hash\":\"" + hash + "\"}"));
  EXPECT_FALSE(read_seal("{\"a\":1,\"seq\":1,\"hash\":\"" + hash.substr(1) + "A\"}"));
  EXPECT_FALSE(read_seal("{\"a\":1,\"seq\":1,\"hash\":\"" + hash + "\"} "));
}

}  // namespace
}  // namespace dockgate::proxy::audit
