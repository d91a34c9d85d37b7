#include <gtest/gtest.h>

#include <string>

#include "policy/load/load_settings.h"

namespace dockgate::policy {
namespace {

constexpr const char* rest = "\nclients: [{ name: a, policy: baseline }]\n";

Result<Settings, Problems> load(const std::string& listener) {
  return load_settings(
      "listen: [" + listener + "]" + rest,
      "dockgate.yaml",
      {.working_directory = "/work", .config_file = "/etc/dockgate/dockgate.yaml"});
}

std::string problems_of(const std::string& listener) {
  const auto settings = load(listener);
  std::string out;
  if (settings) return "loaded";
  for (const Problem& problem : settings.error()) out += problem.text() + "\n";
  return out;
}

TEST(Listen, TakesAnIpAddressAndAPort) {
  for (const char* const address :
       {"tcp://127.0.0.1:2375", "tcp://[::1]:2375", "tcp://127.9.0.1:0"}) {
    const auto settings = load("{ address: \"" + std::string(address) + "\" }");
    ASSERT_TRUE(settings.has_value())
        << problems_of("{ address: \"" + std::string(address) + "\" }");
    EXPECT_EQ(settings->listen.at(0).text(), address);
  }
  const auto longhand = load(R"({ address: "tcp://[0:0::1]:1" })");
  ASSERT_TRUE(longhand.has_value());
  EXPECT_EQ(longhand->listen.at(0).text(), "tcp://[::1]:1");
  for (const char* const address : {"tcp://localhost:2375",
                                    "tcp://127.0.0.1",
                                    "tcp://127.0.0.1:65536",
                                    "tcp://::1:2375",
                                    "tcp://127.0.0.1:",
                                    "tcp://127.1:1",
                                    "tcp://[::1]",
                                    "tcp:127.0.0.1:1",
                                    "http://127.0.0.1:1"}) {
    EXPECT_NE(problems_of("{ address: \"" + std::string(address) + "\" }"), "loaded") << address;
  }
}

TEST(Listen, IsPlainOutsideTheMachineOnlyWhereTheFileSaysSo) {
  const std::string said = problems_of(R"({ address: "tcp://0.0.0.0:2375" })");
  EXPECT_NE(said.find("lets everybody in who reaches it"), std::string::npos) << said;
  EXPECT_EQ(problems_of(R"({ address: "tcp://0.0.0.0:2375", plaintext: i-understand })"), "loaded");
  EXPECT_NE(problems_of(R"({ address: "tcp://0.0.0.0:2375", plaintext: true })"), "loaded");
  EXPECT_NE(problems_of(R"({ address: "tcp://[::]:2375" })"), "loaded");
  EXPECT_EQ(problems_of(R"({ address: "tcp://127.0.0.1:2375" })"), "loaded");
}

TEST(Listen, TakesTheFilesOfTlsFromTheConfigurationsFolder) {
  const auto settings = load(
      R"({ address: "tcp://0.0.0.0:2376", tls: { certificate: cert.pem, key: ../key.pem, client_ca: /ca.pem, crl: crl.pem } })");
  ASSERT_TRUE(settings.has_value());
  const Tls& tls = *settings->listen.at(0).tls;
  EXPECT_EQ(tls.certificate, "/etc/dockgate/cert.pem");
  EXPECT_EQ(tls.key, "/etc/key.pem");
  EXPECT_EQ(tls.client_ca, "/ca.pem");
  EXPECT_EQ(tls.crl, "/etc/dockgate/crl.pem");
  EXPECT_EQ(tls.minimum, Tls::Minimum::tls_1_3);
}

TEST(Listen, TakesTls12OnlyWhereTheFileSaysSo) {
  const auto with = [](const std::string& version) {
    return R"({ address: "tcp://0.0.0.0:2376", tls: { certificate: c, key: k, client_ca: a, minimum_version: ")" +
           version + "\" } }";
  };
  const auto settings = load(with("1.2"));
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->listen.at(0).tls->minimum, Tls::Minimum::tls_1_2);
  EXPECT_NE(problems_of(with("1.1")), "loaded");
}

TEST(Listen, TellsWhatDoesNotGoTogether) {
  EXPECT_NE(problems_of(R"({ address: "tcp://127.0.0.1:1", tls: })"), "loaded");
  EXPECT_NE(problems_of("{ address: unix:///a, tls: { certificate: c, key: k, client_ca: a } }"),
            "loaded");
  EXPECT_NE(problems_of(R"({ address: "tcp://127.0.0.1:1", mode: "0660" })"), "loaded");
  EXPECT_NE(problems_of(R"({ address: "tcp://127.0.0.1:1", tls: { certificate: c, key: k } })"),
            "loaded");
  EXPECT_NE(
      problems_of(
          R"({ address: "tcp://127.0.0.1:1", tls: { certificate: c, key: k, client_ca: a, cert: x } })"),
      "loaded");
  EXPECT_NE(
      problems_of(
          R"({ address: "tcp://127.0.0.1:1", plaintext: i-understand, tls: { certificate: c, key: k, client_ca: a } })"),
      "loaded");
}

// No container is to have them.
TEST(Listen, TheFilesOfTlsAreGuarded) {
  const auto settings = load(
      R"({ address: "tcp://0.0.0.0:2376", tls: { certificate: c, key: k, client_ca: a, crl: r } })");
  ASSERT_TRUE(settings.has_value());
  std::string guarded;
  for (const GuardedPath& path : settings->clients.at(0).policy->guarded_paths) {
    guarded += path.path + "\n";
  }
  for (const char* const file : {"/c\n", "/k\n", "/a\n", "/r\n"}) {
    EXPECT_NE(guarded.find("/etc/dockgate" + std::string(file)), std::string::npos) << guarded;
  }
}

TEST(Describe, TellsOfTls) {
  const auto settings = load(
      R"({ address: "tcp://0.0.0.0:2376", tls: { certificate: c, key: k, client_ca: a } }, { address: "tcp://127.0.0.1:1" })");
  ASSERT_TRUE(settings.has_value());
  const std::string text = describe(*settings);
  EXPECT_NE(text.find("listen  tcp://0.0.0.0:2376 TLS 1.3, certificate /etc/dockgate/c, clients of "
                      "/etc/dockgate/a, revocation unknown\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("tcp://127.0.0.1:1 in plain bytes"), std::string::npos) << text;
}

}  // namespace
}  // namespace dockgate::policy
