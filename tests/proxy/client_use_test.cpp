#include "proxy/client_use.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

namespace dockgate::proxy {
namespace {

using namespace std::chrono_literals;
using policy::ClientLimits;

TEST(ClientUse, HasNoPaceUnlessOneIsSet) {
  ClientUse use(ClientLimits{}, 10);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(use.ask(Clock::time_point(1s)), 0s);
}

TEST(ClientUse, LetsABurstThroughAndThenKeepsThePace) {
  ClientUse use(ClientLimits{.requests_per_second = 10, .burst = 3}, 10);
  Clock::time_point now(100s);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(use.ask(now), 0s);
  EXPECT_EQ(use.ask(now), 100ms);
  EXPECT_EQ(use.ask(now + 40ms), 60ms);
  EXPECT_EQ(use.ask(now + 100ms), 0s);
  EXPECT_EQ(use.ask(now + 100ms), 100ms);
}

TEST(ClientUse, ABurstIsOneSecondsUnlessItIsSet) {
  ClientUse use(ClientLimits{.requests_per_second = 5}, 10);
  const Clock::time_point now(7s);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(use.ask(now), 0s);
  EXPECT_EQ(use.ask(now), 200ms);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(use.ask(now + 1s), 0s);
  EXPECT_GT(use.ask(now + 1s), 0s);
}

// What is refused counts for nothing: who asks too often does not push its own turn away.
TEST(ClientUse, ForgetsWhatItRefused) {
  ClientUse use(ClientLimits{.requests_per_second = 1}, 10);
  const Clock::time_point now(7s);
  EXPECT_EQ(use.ask(now), 0s);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(use.ask(now), 1s);
  EXPECT_EQ(use.ask(now + 1s), 0s);
}

TEST(ClientUse, CountsConnectionsWhileTheyLive) {
  ClientUse use(ClientLimits{.connections = 2}, 10);
  std::optional<Counted> one = use.connect();
  std::optional<Counted> two = use.connect();
  EXPECT_TRUE(one && two);
  EXPECT_FALSE(use.connect());
  one.reset();
  EXPECT_TRUE(use.connect());
}

TEST(ClientUse, TakesTheSettingsLimitOfConnectionsUnlessItHasItsOwn) {
  ClientUse use(ClientLimits{}, 1);
  const std::optional<Counted> one = use.connect();
  EXPECT_TRUE(one);
  EXPECT_FALSE(use.connect());
}

TEST(ClientUse, CountsBodiesByThemselves) {
  ClientUse use(ClientLimits{.connections = 1, .inspected_bodies = 1}, 10);
  const std::optional<Counted> body = use.inspect();
  EXPECT_TRUE(body);
  EXPECT_FALSE(use.inspect());
  EXPECT_TRUE(use.connect());
}

TEST(ClientUse, GoesOnCountingUnderOtherLimits) {
  ClientUse before(ClientLimits{.connections = 1, .requests_per_second = 1}, 10);
  const std::optional<Counted> there = before.connect();
  const Clock::time_point now(7s);
  EXPECT_EQ(before.ask(now), 0s);
  ClientUse after(ClientLimits{.connections = 2, .requests_per_second = 1}, 10, &before);
  EXPECT_TRUE(after.is(before));
  EXPECT_EQ(after.ask(now), 1s);
  const std::optional<Counted> second = after.connect();
  EXPECT_TRUE(second);
  EXPECT_FALSE(after.connect());
}

TEST(ClientUse, IsFoundAgainByTheClientsName) {
  policy::Settings settings;
  settings.clients.resize(2);
  settings.clients[0].name = "one";
  settings.clients[1].name = "two";
  const ClientUses before(settings);
  policy::Settings later = settings;
  later.clients.erase(later.clients.begin());
  later.clients.push_back({.name = "three"});
  const ClientUses after(later, &before);
  EXPECT_TRUE(after.of(later.clients[0]).is(before.of(settings.clients[1])));
  EXPECT_FALSE(after.of(later.clients[1]).is(before.of(settings.clients[0])));
}

TEST(ClientUse, KeepsThePaceAcrossThreads) {
  ClientUse use(ClientLimits{.requests_per_second = 1, .burst = 500}, 10);
  const Clock::time_point now(7s);
  std::atomic<int> let_through{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int asked = 0; asked < 1000; ++asked) let_through += use.ask(now) == 0s ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(let_through, 500);
}

}  // namespace
}  // namespace dockgate::proxy
