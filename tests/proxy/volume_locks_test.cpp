#include "proxy/volume_locks.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>
#include <vector>

namespace dockgate::proxy {
namespace {

using namespace std::chrono_literals;
using policy::VolumeUse;

VolumeUse makes(const std::string& name) { return {.names = {name}, .exclusive = true}; }

VolumeUse uses(const std::string& name) { return {.names = {name}}; }

class VolumeTurns : public testing::Test {
 protected:
  // Takes a turn, and notes it; kept until it is let go.
  Task<void> take(VolumeUse use, std::string who, Clock::duration limit) {
    auto turn = co_await locks_.take(std::move(use), limit);
    order_.push_back(who + (turn ? "" : " gave up"));
    if (turn) held_.push_back(std::move(*turn));
  }

  void ask(VolumeUse use, const std::string& who, Clock::duration limit = 10s) {
    boost::asio::co_spawn(context_, take(std::move(use), who, limit), boost::asio::detached);
    context_.restart();
    context_.poll();
  }

  void let_go() {
    held_.front().release();
    held_.erase(held_.begin());
    context_.restart();
    context_.poll();
  }

  boost::asio::io_context context_;
  VolumeLocks locks_;
  std::vector<std::string> order_;
  std::vector<VolumeLocks::Hold> held_;
};

TEST_F(VolumeTurns, OfOtherVolumesDoNotWait) {
  ask(makes("a"), "one");
  ask(makes("b"), "two");
  EXPECT_EQ(order_, (std::vector<std::string>{"one", "two"}));
}

TEST_F(VolumeTurns, OfTheSameVolumeWait) {
  ask(makes("a"), "one");
  ask(makes("a"), "two");
  EXPECT_EQ(order_, std::vector<std::string>{"one"});
  let_go();
  EXPECT_EQ(order_, (std::vector<std::string>{"one", "two"}));
}

TEST_F(VolumeTurns, UsersShareAndMakersWaitInOrder) {
  ask(uses("a"), "user");
  ask(uses("a"), "other user");
  ask(makes("a"), "maker");
  ask(uses("a"), "late user");
  EXPECT_EQ(order_, (std::vector<std::string>{"user", "other user"}));
  let_go();
  let_go();
  EXPECT_EQ(order_.back(), "maker");
  let_go();
  EXPECT_EQ(order_.back(), "late user");
}

TEST_F(VolumeTurns, APruneWaitsForAll) {
  ask(uses("a"), "user");
  ask({.all = true, .exclusive = true}, "prune");
  EXPECT_EQ(order_, std::vector<std::string>{"user"});
  let_go();
  EXPECT_EQ(order_.back(), "prune");
}

TEST_F(VolumeTurns, AWaitingPruneHoldsUpNobody) {
  ask(uses("a"), "slow user");
  ask({.all = true, .exclusive = true}, "prune");
  ask(makes("b"), "maker");
  EXPECT_EQ(order_, (std::vector<std::string>{"slow user", "maker"}));
  let_go();
  EXPECT_EQ(order_.back(), "maker");
  let_go();
  EXPECT_EQ(order_.back(), "prune");
  ask(uses("a"), "late user");
  EXPECT_EQ(order_.back(), "prune");
  let_go();
  EXPECT_EQ(order_.back(), "late user");
}

TEST_F(VolumeTurns, ThatDoNotComeAreGivenUpAndBlockNobody) {
  ask(makes("a"), "one");
  ask(makes("a"), "two", 1ms);
  context_.restart();
  context_.run_for(50ms);
  EXPECT_EQ(order_.back(), "two gave up");
  let_go();
  ask(makes("a"), "three");
  EXPECT_EQ(order_.back(), "three");
}

// A volume that is made by turns on four threads is made by one at a time.
TEST(VolumeLocks, HoldAcrossThreads) {
  VolumeLocks locks;
  int inside = 0;  // unguarded: the turns guard it
  int most = 0;
  const auto work = [&locks, &inside, &most]() -> Task<void> {
    for (int i = 0; i < 200; ++i) {
      auto turn = co_await locks.take(makes("a"), 10s);
      if (!turn) co_return;
      most = std::max(most, ++inside);
      --inside;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&work] {
      boost::asio::io_context context;
      boost::asio::co_spawn(context, work(), boost::asio::detached);
      context.run();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 1);
}

}  // namespace
}  // namespace dockgate::proxy
