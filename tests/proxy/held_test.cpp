#include "proxy/held.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace dockgate::proxy {
namespace {

constexpr std::size_t most = 100;

TEST(Held, HasRoomForNoMoreThanThereIs) {
  const Count all = new_count();
  Held one(all, new_count());
  Held other(all, new_count());
  Held third(all, new_count());
  EXPECT_TRUE(one.grow(50, most));
  EXPECT_FALSE(other.grow(51, most));
  EXPECT_TRUE(other.grow(25, most));
  EXPECT_TRUE(third.grow(12, most));
  EXPECT_EQ(*all, 87U);
}

TEST(Held, LeavesAsMuchFreeAsOneClientHolds) {
  const Count all = new_count();
  const Count greedy = new_count();
  std::vector<std::unique_ptr<Held>> requests;
  std::size_t taken = 0;
  for (int i = 0; i < 100; ++i) {
    requests.push_back(std::make_unique<Held>(all, greedy));
    taken += requests.back()->grow(5, most) ? 5U : 0U;
  }
  EXPECT_EQ(taken, 50U);
  Held other(all, new_count());
  EXPECT_TRUE(other.grow(20, most));
}

TEST(Held, GivesBackWhatItHeldAndWhatItWasRefused) {
  const Count all = new_count();
  const Count own = new_count();
  {
    Held request(all, own);
    EXPECT_TRUE(request.grow(30, most));
    EXPECT_FALSE(request.grow(30, most));
    EXPECT_EQ(*all, 30U);
    EXPECT_TRUE(request.grow(20, most));
  }
  EXPECT_EQ(*all, 0U);
  EXPECT_EQ(*own, 0U);
}

}  // namespace
}  // namespace dockgate::proxy
