#include "proxy/standing.h"

#include <gtest/gtest.h>

#include <memory>

#include "policy/load/load_settings.h"

namespace dockgate::proxy {
namespace {

const std::string at_one = "unix:///run/one";

policy::Settings settings_with(const std::string& clients) {
  auto settings = policy::load_settings(
      "listen: [{ address: unix:///run/one }]\nclients: [" + clients + "]\n", "dockgate.yaml");
  if (!settings) throw std::runtime_error(settings.error().front().text());
  return std::move(*settings);
}

InForce generation(const std::string& clients, const InForce& before = nullptr) {
  return std::make_shared<const Generation>(settings_with(clients), before.get());
}

policy::Peer user(std::uint32_t id) {
  return {.listener = at_one, .credentials = policy::Credentials{id, id, 1, {}}};
}

constexpr const char* one_of_all = "{ name: all, policy: baseline, limits: { connections: 1 } }";

TEST(Standing, LetsAnOlderGenerationGo) {
  InForce first = generation(one_of_all);
  Standing standing = standing_of(user(7), first);
  const std::weak_ptr<const Generation> older = first;
  const InForce second = generation(one_of_all, first);
  first.reset();
  EXPECT_FALSE(older.expired());
  renew(standing, user(7), second);
  EXPECT_TRUE(older.expired());
  EXPECT_EQ(standing.generation->number, 2U);
  EXPECT_FALSE(standing.unwelcome);
}

TEST(Standing, KeepsItsPlaceAmongItsClientsConnections) {
  const InForce first = generation(one_of_all);
  Standing standing = standing_of(user(7), first);
  EXPECT_TRUE(standing_of(user(7), first).unwelcome);
  const InForce second = generation(one_of_all, first);
  renew(standing, user(7), second);
  EXPECT_TRUE(standing.connection);
  EXPECT_TRUE(standing_of(user(7), second).unwelcome);
}

TEST(Standing, GivesItsPlaceUpToBeAnotherClient) {
  const InForce first = generation(one_of_all);
  Standing standing = standing_of(user(7), first);
  const InForce second = generation(
      std::string("{ name: seven, unix: { uid: 7 }, policy: read-only }, ") + one_of_all, first);
  renew(standing, user(7), second);
  EXPECT_EQ(standing.who->name, "seven");
  EXPECT_FALSE(standing_of(user(8), second).unwelcome);
}

TEST(Standing, IsLetInWhereTheNextGenerationKnowsIt) {
  const InForce first = generation("{ name: eight, unix: { uid: 8 }, policy: baseline }");
  Standing standing = standing_of(user(7), first);
  ASSERT_TRUE(standing.unwelcome);
  EXPECT_EQ(standing.unwelcome->status, 403U);
  renew(standing, user(7), generation(one_of_all, first));
  EXPECT_FALSE(standing.unwelcome);
  EXPECT_EQ(standing.who->name, "all");
}

TEST(Standing, EndsWithItsListener) {
  const InForce first = generation(one_of_all);
  policy::Peer peer = user(7);
  peer.listener = "unix:///run/two";
  const Standing standing = standing_of(peer, first);
  ASSERT_TRUE(standing.unwelcome);
  EXPECT_EQ(standing.unwelcome->message, "dockgate: unix:///run/two is no listener any more");
}

}  // namespace
}  // namespace dockgate::proxy
