#include "tests/support/mutated_request.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "policy/request.h"

namespace dockgate::tests {
namespace {

TEST(MutatedRequest, IsTheSameForTheSameSeedAndNumber) {
  for (std::uint64_t number = 0; number < 200; ++number) {
    EXPECT_EQ(mutated_request(7, number), mutated_request(7, number));
  }
}

TEST(MutatedRequest, IsAnotherForAnotherSeedOrNumber) {
  std::set<std::string> bodies;
  for (std::uint64_t number = 0; number < 100; ++number) {
    bodies.insert(mutated_request(7, number).body);
    bodies.insert(mutated_request(8, number).body);
  }
  EXPECT_GT(bodies.size(), 150U);
}

TEST(MutatedRequest, OfNoBytesIsTheOrdinaryOne) {
  Choices none("");
  const MutatedRequest request = mutated_request(none);
  EXPECT_EQ(request.target, "/v1.41/containers/create");
  EXPECT_EQ(request.body,
            R"({"Image":"busybox:test","Cmd":["true"],"HostConfig":{"NetworkMode":"none"}})");
}

TEST(MutatedRequest, HasATargetOfPrintableAscii) {
  for (std::uint64_t number = 0; number < 2000; ++number) {
    const std::string target = mutated_request(1, number).target;
    EXPECT_TRUE(std::all_of(target.begin(), target.end(), [](char c) {
      return c > ' ' && c < 127;
    })) << target;
  }
}

TEST(MutatedRequest, IsReadableMoreOftenThanNot) {
  int readable = 0;
  for (std::uint64_t number = 0; number < 2000; ++number) {
    const MutatedRequest request = mutated_request(1, number);
    auto target = policy::read_target(request.method, request.target);
    if (target && policy::read_request(std::move(*target), request.body)) ++readable;
  }
  EXPECT_GT(readable, 1000);
  EXPECT_LT(readable, 1900);
}

}  // namespace
}  // namespace dockgate::tests
