#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

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

Result<Settings, Problems> load_admin(const std::string& admin) {
  return load_settings("listen: [{ address: unix:///run/d }]\nadmin: " + admin + rest,
                       "dockgate.yaml",
                       {.working_directory = "/work", .config_file = "/etc/dockgate/d.yaml"});
}

std::string problems_of_admin(const std::string& admin) {
  const auto settings = load_admin(admin);
  if (settings) return "loaded";
  return settings.error().front().text();
}

TEST(Admin, ListensAsOthersDo) {
  EXPECT_EQ(problems_of_admin("{ address: unix:///run/a, mode: \"0600\" }"), "loaded");
  EXPECT_EQ(problems_of_admin("{ address: \"tcp://127.0.0.1:9090\" }"), "loaded");
  EXPECT_EQ(problems_of_admin("{ address: \"tcp://0.0.0.0:9090\", plaintext: i-understand }"),
            "loaded");
  EXPECT_EQ(problems_of_admin("{ address: \"tcp://0.0.0.0:9090\" }"),
            "dockgate.yaml:2:8: `tcp://0.0.0.0:9090` without `tls` lets everybody in who reaches "
            "it; give it `tls: { certificate, key, client_ca }`, or say `plaintext: i-understand`");
  EXPECT_EQ(problems_of_admin("{ adress: unix:///run/a }"),
            "dockgate.yaml:2:10: unknown key `adress` in admin; did you mean `address`?");
  EXPECT_EQ(problems_of_admin("{ mode: \"0600\" }"),
            "dockgate.yaml:2:8: a listener needs an `address`");
}

TEST(Admin, IsNoListenerOfClients) {
  EXPECT_EQ(problems_of_admin("{ address: unix:///run/d }"),
            "dockgate.yaml:2:8: clients are listened to on unix:///run/d already; give `admin` an "
            "address of its own");
}

TEST(Admin, IsGuardedAgainstMounts) {
  const auto settings = load_admin(
      "{ address: \"tcp://10.0.0.5:9090\", tls: { certificate: c, key: k, client_ca: a } }");
  ASSERT_TRUE(settings.has_value());
  std::vector<std::string> paths;
  for (const GuardedPath& guarded : settings->clients.at(0).policy->guarded_paths) {
    paths.push_back(guarded.path);
  }
  EXPECT_NE(std::find(paths.begin(), paths.end(), "/etc/dockgate/k"), paths.end());
  const auto in_place = load_admin("{ address: unix:///run/a }");
  ASSERT_TRUE(in_place.has_value());
  const auto& guarded = in_place->clients.at(0).policy->guarded_paths;
  EXPECT_TRUE(std::any_of(
      guarded.begin(), guarded.end(), [](const GuardedPath& one) { return one.path == "/run/a"; }));
  EXPECT_NE(describe(*in_place).find("admin   unix:///run/a mode 0660\n"), std::string::npos);
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
  for (const char* const file : {"/c\n", "/k\n", "/a\n", "/r\n", "/ca-key.pem\n", "/clients\n"}) {
    EXPECT_NE(guarded.find("/etc/dockgate" + std::string(file)), std::string::npos) << guarded;
  }
}

TEST(Settings, GuardDockgatesOwnFilesAndSocketsAgainstMounts) {
  const auto settings =
      load_settings(std::string(R"(
listen: [{ address: "unix:///run/gate/a.sock" }, { address: "unix:///run/gate/b.sock" }]
client_sockets: /run/gate/clients
audit: { file: /var/log/gate/audit.jsonl, signing_key: audit.key })") +
                        rest,
                    "dockgate.yaml",
                    {.working_directory = "/work", .config_file = "/etc/dockgate/dockgate.yaml"});
  ASSERT_TRUE(settings.has_value());
  std::vector<std::string> paths;
  for (const GuardedPath& path : settings->clients.at(0).policy->guarded_paths) {
    paths.push_back(path.path);
  }
  std::sort(paths.begin(), paths.end());
  EXPECT_EQ(paths,
            (std::vector<std::string>{"/etc/dockgate/audit.key",
                                      "/etc/dockgate/dockgate.yaml",
                                      "/run/gate/a.sock",
                                      "/run/gate/b.sock",
                                      "/run/gate/clients",
                                      "/var/log/gate/audit.jsonl"}));
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
