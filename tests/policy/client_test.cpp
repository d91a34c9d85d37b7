#include "policy/client.h"

#include <gtest/gtest.h>

#include <string>

#include "policy/load/load_settings.h"

namespace dockgate::policy {
namespace {

constexpr const char* two_doors = R"(
listen:
  - { address: unix:///run/dockgate/docker.sock }
  - { address: "tcp://10.0.0.5:2376", tls: { certificate: c, key: k, client_ca: a } }
)";

Surroundings machine() {
  const auto id = [](const std::string& name) -> std::optional<std::uint32_t> {
    if (name == "ci") return 1000;
    return std::nullopt;
  };
  return {.working_directory = "/", .config_file = "", .user_id = id, .group_id = id};
}

Settings loaded(const std::string& clients) {
  auto settings = load_settings(std::string(two_doors) + clients, "f", machine());
  EXPECT_TRUE(settings.has_value()) << clients << settings.error().front().text();
  return settings ? std::move(*settings) : Settings();
}

std::string problems_of(const std::string& clients) {
  const auto settings = load_settings(std::string(two_doors) + clients, "f", machine());
  std::string out;
  if (settings) return "loaded";
  for (const Problem& problem : settings.error()) out += problem.text() + "\n";
  return out;
}

// A client with these matchers.
Client client(const std::string& matchers) {
  return loaded("clients: [{ name: x, policy: baseline, " + matchers + " }]").clients.at(0);
}

Peer local(std::uint32_t uid, std::uint32_t gid, std::vector<std::uint32_t> groups = {}) {
  return {.listener = "unix:///run/dockgate/docker.sock",
          .credentials = Credentials{uid, gid, 1, std::move(groups)}};
}

Peer remote() {
  return {.listener = "tcp://10.0.0.5:2376",
          .address = "10.1.2.3",
          .certificate = Certificate{.common_name = "runner-7",
                                     .dns = {"a.ci.example.com", "b.example.com"},
                                     .uri = {"spiffe://example.com/ci/runner"},
                                     .email = {"ci@example.com"},
                                     .organization_unit = {"builds"},
                                     .fingerprint_sha256 = std::string(64, 'a'),
                                     .public_key_sha256 = std::string(64, 'b'),
                                     .issuer = "CN=ci"}};
}

TEST(Client, MatchesAUnixPeerByItsIds) {
  EXPECT_TRUE(client("unix: { uid: 1000 }").matches(local(1000, 5)));
  EXPECT_FALSE(client("unix: { uid: 1000 }").matches(local(1001, 5)));
  EXPECT_TRUE(client("unix: { user: ci }").matches(local(1000, 5)));
  EXPECT_TRUE(client("unix: { gid: 5 }").matches(local(1, 5)));
  EXPECT_TRUE(client("unix: { group: ci }").matches(local(1, 5, {7, 1000})));
  EXPECT_FALSE(client("unix: { group: ci }").matches(local(1000, 5, {7})));
  EXPECT_TRUE(client("unix: {}").matches(local(3, 3)));
}

// Whose credentials are not known is nobody in particular.
TEST(Client, MatchesNoPeerWithoutCredentialsByThem) {
  EXPECT_FALSE(client("unix: {}").matches(remote()));
  EXPECT_FALSE(
      client("unix: { uid: 0 }").matches({.listener = "unix:///run/dockgate/docker.sock"}));
}

TEST(Client, MatchesACertificateByEachOfItsNames) {
  for (const char* const names : {R"(common_name: "runner-*")",
                                  R"(dns: "*.ci.example.com")",
                                  R"(uri: "spiffe://example.com/ci/*")",
                                  "email: ci@example.com",
                                  "organization_unit: [tests, builds]",
                                  "issuer: CN=ci"}) {
    EXPECT_TRUE(client("certificate: { " + std::string(names) + " }").matches(remote())) << names;
  }
  for (const char* const names : {"common_name: runner-8",
                                  R"(dns: "*.org")",
                                  "email: ci",
                                  "organization_unit: build",
                                  "issuer: CN=c"}) {
    EXPECT_FALSE(client("certificate: { " + std::string(names) + " }").matches(remote())) << names;
  }
}

TEST(Client, MatchesACertificateByItsDigestsInEitherSpelling) {
  std::string colons = "AA";
  for (int i = 1; i < 32; ++i) colons += ":AA";
  EXPECT_TRUE(client("certificate: { fingerprint_sha256: \"" + colons + "\" }").matches(remote()));
  EXPECT_TRUE(
      client("certificate: { public_key_sha256: " + std::string(64, 'b') + " }").matches(remote()));
  EXPECT_FALSE(
      client("certificate: { public_key_sha256: " + std::string(64, 'c') + " }").matches(remote()));
  EXPECT_NE(problems_of("clients: [{ name: x, policy: baseline, certificate: { "
                        "fingerprint_sha256: abc } }]"),
            "loaded");
}

TEST(Client, CombinesMatchersWithAnd) {
  EXPECT_TRUE(client("certificate: { common_name: runner-7, email: ci@example.com }, "
                     "address: 10.1.0.0/16")
                  .matches(remote()));
  EXPECT_FALSE(
      client("certificate: { common_name: runner-7, email: no@example.com }").matches(remote()));
  EXPECT_FALSE(client("certificate: {}, address: [192.168.0.0/16, 10.2.0.0/16]").matches(remote()));
  EXPECT_FALSE(client("certificate: {}").matches(local(0, 0)));
  EXPECT_FALSE(client("address: 0.0.0.0/0").matches(local(0, 0)));
}

TEST(Client, TakesCaseForNothingWhereCertificatesDo) {
  EXPECT_TRUE(client(R"(certificate: { dns: "*.CI.example.com" })").matches(remote()));
  EXPECT_TRUE(client(R"(certificate: { email: "ci@EXAMPLE.com" })").matches(remote()));
  EXPECT_FALSE(client(R"(certificate: { email: "CI@example.com" })").matches(remote()));
  EXPECT_TRUE(client(R"(certificate: { uri: "SPIFFE://Example.com/ci/*" })").matches(remote()));
  EXPECT_FALSE(client(R"(certificate: { uri: "spiffe://example.com/CI/*" })").matches(remote()));
}

// A name that is not there is no name that `*` could stand for.
TEST(Client, MatchesNoAbsentName) {
  Peer nameless = remote();
  nameless.certificate = Certificate{.fingerprint_sha256 = std::string(64, 'a')};
  EXPECT_FALSE(client(R"(certificate: { common_name: "*" })").matches(nameless));
  EXPECT_FALSE(client(R"(certificate: { dns: "*" })").matches(nameless));
  EXPECT_TRUE(client("certificate: {}").matches(nameless));
}

TEST(Clients, MistakesAreTold) {
  const auto said = [](const std::string& matchers) {
    return problems_of("clients: [{ name: x, policy: baseline, " + matchers + " }]");
  };
  EXPECT_NE(said("unix: { user: nobody-here }").find("no user `nobody-here`"), std::string::npos);
  EXPECT_NE(said("unix: { user: ci, uid: 7 }"), "loaded");
  EXPECT_NE(said("certificate: { common_nam: x }").find("did you mean `common_name`?"),
            std::string::npos);
  EXPECT_NE(said("certificate: { dns: [] }"), "loaded");
  EXPECT_NE(said("certificate: "), "loaded");
  EXPECT_NE(said("unix: "), "loaded");
  EXPECT_NE(said("address: 10.0.0.0/33"), "loaded");
  EXPECT_NE(said("address: []"), "loaded");
  EXPECT_NE(said("limits: { requests: 3 }"), "loaded");
  EXPECT_NE(said("limits: { burst: 3 }"), "loaded");
  EXPECT_NE(said("limits: { connections: 0 }"), "loaded");
  EXPECT_NE(problems_of("clients: [{ name: x, policy: baseline }, { name: x, policy: observe }]"),
            "loaded");
}

TEST(Clients, HaveLimitsOfTheirOwn) {
  const ClientLimits limits = client(
                                  "limits: { connections: 3, requests_per_second: 20, "
                                  "burst: 40, inspected_bodies: 5 }")
                                  .limits;
  EXPECT_EQ(limits.connections, 3U);
  EXPECT_EQ(limits.requests_per_second, 20U);
  EXPECT_EQ(limits.burst, 40U);
  EXPECT_EQ(limits.inspected_bodies, 5U);
}

std::string warning_of(const std::string& clients) {
  const Settings settings = loaded("clients:\n" + clients);
  std::string out;
  for (const std::string& warning : clients_that_never_match(settings)) out += warning + "\n";
  return out;
}

TEST(ClientsThatNeverMatch, AreThoseThatNoListenerLetsIn) {
  EXPECT_EQ(warning_of("- { name: a, policy: baseline, unix: {}, certificate: {} }\n"),
            "client `a` can never match: no listener lets such a peer in\n");
  EXPECT_NE(warning_of("- { name: a, policy: baseline, listener: \"unix:///other\" }\n"), "");
  EXPECT_NE(warning_of("- { name: a, policy: baseline, listener: \"tcp://10.0.0.5:2376\", "
                       "unix: { uid: 0 } }\n"),
            "");
  EXPECT_NE(warning_of("- { name: a, policy: baseline, address: 10.0.0.0/8, unix: {} }\n"), "");
  EXPECT_EQ(warning_of("- { name: a, policy: baseline, certificate: {}, address: 10.0.0.0/8 }\n"),
            "");
}

TEST(ClientsThatNeverMatch, AreThoseThatAnEarlierOneTakes) {
  const std::string rest =
      "- { name: b, policy: baseline, certificate: { common_name: runner-1 } }\n";
  EXPECT_NE(warning_of("- { name: a, policy: baseline }\n" + rest), "");
  EXPECT_NE(warning_of("- { name: a, policy: baseline, certificate: {} }\n" + rest), "");
  EXPECT_NE(
      warning_of("- { name: a, policy: baseline, certificate: { common_name: \"runner-*\" } }\n" +
                 rest),
      "");
  EXPECT_EQ(warning_of("- { name: a, policy: baseline, unix: {} }\n" + rest), "");
  EXPECT_EQ(warning_of("- { name: a, policy: baseline, certificate: { common_name: runner-2 } }\n" +
                       rest),
            "");
  EXPECT_EQ(warning_of("- { name: a, policy: baseline, certificate: { dns: \"*\" } }\n" + rest),
            "");
  EXPECT_EQ(
      warning_of("- { name: a, policy: baseline, certificate: {}, address: 10.0.0.0/8 }\n" + rest),
      "");
}

// Whether a client with the second matchers never matches behind one with the first.
bool takes_all_of(const std::string& first, const std::string& second) {
  return warning_of("- { name: a, policy: baseline" + first + " }\n- { name: b, policy: baseline" +
                    second + " }\n")
             .find("client `b`") != std::string::npos;
}

TEST(ClientsThatNeverMatch, EveryMatcherOfAnEarlierOneHasToHold) {
  EXPECT_TRUE(takes_all_of(", unix: {}", ", unix: { uid: 7 }"));
  EXPECT_TRUE(takes_all_of(", unix: { uid: 7 }", ", unix: { uid: 7, gid: 8 }"));
  EXPECT_FALSE(takes_all_of(", unix: { uid: 7 }", ", unix: { uid: 8 }"));
  EXPECT_FALSE(takes_all_of(", unix: { uid: 7 }", ", unix: { gid: 7 }"));
  EXPECT_FALSE(takes_all_of(", unix: { gid: 7 }", ", unix: { uid: 7, gid: 8 }"));
  EXPECT_FALSE(takes_all_of(", unix: { uid: 7 }", ""));
  EXPECT_FALSE(takes_all_of(", certificate: {}", ", unix: {}"));
  EXPECT_FALSE(takes_all_of(", certificate: {}", ""));
  EXPECT_FALSE(takes_all_of(", listener: \"tcp://10.0.0.5:2376\"", ", certificate: {}"));
  EXPECT_TRUE(takes_all_of(", listener: \"tcp://10.0.0.5:2376\"",
                           ", listener: \"tcp://10.0.0.5:2376\", certificate: {}"));
  const std::string near = ", certificate: {}, address: [10.0.0.0/8, 192.168.0.0/16]";
  EXPECT_TRUE(takes_all_of(near, ", certificate: {}, address: [192.168.7.0/24]"));
  EXPECT_FALSE(takes_all_of(near, ", certificate: {}, address: [10.0.0.0/8, 172.16.0.0/12]"));
  EXPECT_FALSE(takes_all_of(near, ", certificate: {}"));
}

}  // namespace
}  // namespace dockgate::policy
