#include "policy/load/load_settings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace dockgate::policy {
namespace {

constexpr const char* everything = R"(
engine: unix:///srv/docker.sock
listen:
  - { address: unix:///run/dockgate/docker.sock, mode: "0660", group: ci }
audit: { file: /var/log/dockgate/audit.jsonl }
reload: { revoke: true }
log: { format: json, level: warn }
limits: { body: 1m, idle: 60, connections_per_client: 10 }
threads: 2
clients:
  - { name: root, unix: { uid: 0 }, policy: open }
  - { name: rest, listener: "unix:///run/dockgate/docker.sock", policy: ci }
policies:
  ci:
    extends: baseline
    container:
      allow: { cap_add: [net_admin], bind_mounts: [{ source: /srv/ci/**, access: rw }] }
      require: { mem_limit: 4g, cpus: 1.5 }
  open: { extends: ci, mode: warn }
)";

std::string problems_of(const std::string& yaml) {
  const auto settings = load_settings(yaml, "dockgate.yaml");
  if (settings) return "loaded";
  std::string out;
  for (const Problem& problem : settings.error()) out += problem.text() + "\n";
  return out;
}

std::string policy_problems_of(const std::string& yaml) {
  const auto policy = load_policy(yaml, "policy.yaml", "test");
  if (policy) return "loaded";
  std::string out;
  for (const Problem& problem : policy.error()) out += problem.text() + "\n";
  return out;
}

Peer peer_on(const std::string& listener, std::uint32_t id) {
  return {.listener = listener, .credentials = Credentials{id, id, 1, {}}};
}

TEST(LoadSettings, ReadsEveryKey) {
  const auto settings = load_settings(everything, "dockgate.yaml");
  ASSERT_TRUE(settings.has_value()) << problems_of(everything);
  EXPECT_EQ(settings->engine.path, "/srv/docker.sock");
  EXPECT_EQ(settings->listen.at(0).mode, 0660U);
  EXPECT_EQ(settings->listen.at(0).group, "ci");
  EXPECT_EQ(settings->audit.file, "/var/log/dockgate/audit.jsonl");
  EXPECT_EQ(settings->limits.body, 1024U * 1024U);
  EXPECT_EQ(settings->limits.idle, std::chrono::seconds(60));
  EXPECT_EQ(settings->threads, 2U);
  EXPECT_TRUE(settings->reload.revoke);
  EXPECT_EQ(settings->log.format, Log::Format::json);
  EXPECT_EQ(settings->log.level, Log::Level::warn);
}

TEST(LoadSettings, NamesWhatTheLogDoesNotKnow) {
  const std::string rest =
      "listen: [{ address: unix:///run/d }]\nclients: [{ name: a, policy: baseline }]\n";
  EXPECT_EQ(problems_of("log: { level: loud }\n" + rest),
            "dockgate.yaml:1:15: `loud` is no level of the log; debug, info, warn or error\n");
  EXPECT_EQ(problems_of("log: { format: xml }\n" + rest),
            "dockgate.yaml:1:16: `xml` is no format of the log; text or json\n");
  EXPECT_EQ(problems_of("log: { levl: info }\n" + rest),
            "dockgate.yaml:1:8: unknown key `levl` in log; did you mean `level`?\n");
  EXPECT_EQ(problems_of("reload: { revok: true }\n" + rest),
            "dockgate.yaml:1:11: unknown key `revok` in reload; did you mean `revoke`?\n");
}

TEST(LoadSettings, TheFirstClientThatMatchesWins) {
  const auto settings = load_settings(everything, "dockgate.yaml");
  ASSERT_TRUE(settings.has_value());
  const Client* const root = settings->client_of(peer_on("unix:///run/dockgate/docker.sock", 0));
  const Client* const rest = settings->client_of(peer_on("unix:///run/dockgate/docker.sock", 7));
  ASSERT_NE(root, nullptr);
  ASSERT_NE(rest, nullptr);
  EXPECT_EQ(root->name, "root");
  EXPECT_EQ(rest->policy->name, "ci");
  EXPECT_EQ(settings->client_of(peer_on("unix:///elsewhere", 7)), nullptr);
}

TEST(LoadSettings, APolicyInheritsWhatItDoesNotSay) {
  const auto settings = load_settings(everything, "dockgate.yaml");
  ASSERT_TRUE(settings.has_value());
  const Policy& open = *settings->clients.at(0).policy;
  EXPECT_EQ(open.mode, Mode::warn);
  EXPECT_EQ(open.container.cap_add.all, std::vector<std::string>{"NET_ADMIN"});
  EXPECT_EQ(open.require.mem_limit, std::int64_t{4} << 30);
  EXPECT_EQ(open.require.nano_cpus, 1'500'000'000);
  EXPECT_EQ(open.operations.count("ContainerCreate"), 1U);
}

TEST(LoadSettings, EveryPolicyKnowsTheEnginesSocket) {
  const auto settings = load_settings(everything, "dockgate.yaml");
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->clients.at(1).policy->runtime_sockets,
            std::vector<std::string>{"/srv/docker.sock"});
}

TEST(LoadSettings, NamesTheNearestKey) {
  EXPECT_EQ(policy_problems_of("container:\n  allow:\n    cap_ad: [KILL]\n"),
            "policy.yaml:3:5: unknown key `cap_ad` in container.allow; did you mean `cap_add`?\n");
}

TEST(LoadSettings, NamesTheNearestKeyOfAService) {
  EXPECT_EQ(policy_problems_of("service: { allow: { secret: [a] } }"),
            "policy.yaml:1:21: unknown key `secret` in service.allow; did you mean `secrets`?\n");
  EXPECT_NE(policy_problems_of("plugin: { allow: { create: mine } }"), "loaded");
  EXPECT_NE(policy_problems_of("swarm: { require: {} }"), "loaded");
}

TEST(LoadSettings, NamesTheNearestOperationAndCapability) {
  EXPECT_EQ(policy_problems_of("operations: { allow: [ContainerCreat] }"),
            "policy.yaml:1:23: `ContainerCreat` is neither an operation of the Engine API nor a "
            "group; did you mean `ContainerCreate`?\n");
  EXPECT_EQ(policy_problems_of("container: { allow: { cap_add: [SYS_ADMN] } }"),
            "policy.yaml:1:33: `SYS_ADMN` is no capability of Linux; did you mean `SYS_ADMIN`?\n");
}

TEST(LoadSettings, TellsEveryProblemAtOnce) {
  const std::string said = problems_of("engine: tcp://x\nlisten: []\nclientz: []\n");
  EXPECT_NE(said.find("dockgate.yaml:1:9:"), std::string::npos) << said;
  EXPECT_NE(said.find("did you mean `clients`?"), std::string::npos) << said;
  EXPECT_NE(said.find("`listen` is missing"), std::string::npos) << said;
}

TEST(LoadSettings, RefusesAKeyThatStandsTwice) {
  EXPECT_NE(policy_problems_of("mode: warn\nmode: enforce\n").find("stands twice"),
            std::string::npos);
}

TEST(LoadSettings, RefusesWrongTypes) {
  EXPECT_NE(policy_problems_of("container: { allow: { privileged: \"true\" } }"), "loaded");
  EXPECT_NE(policy_problems_of("container: { allow: { privileged: yes } }"), "loaded");
  EXPECT_NE(policy_problems_of("container: { allow: { cap_add: { a: b } } }"), "loaded");
  EXPECT_NE(policy_problems_of("container: { require: { mem_limit: lots } }"), "loaded");
  EXPECT_NE(policy_problems_of("container: { require: { pids_limit: 0 } }"), "loaded");
  EXPECT_NE(policy_problems_of("container: { require: { user: everybody } }"), "loaded");
  EXPECT_NE(policy_problems_of("container: { allow: { ports: [http] } }"), "loaded");
  EXPECT_NE(policy_problems_of("container: { allow: { devices: [fuse] } }"), "loaded");
  EXPECT_NE(policy_problems_of("mode: off"), "loaded");
  EXPECT_NE(policy_problems_of("[]"), "loaded");
}

TEST(LoadSettings, RefusesABindThatCouldNeverBeGranted) {
  const std::string said =
      policy_problems_of("container: { allow: { bind_mounts: [{ source: /run }] } }");
  EXPECT_NE(said.find("leads to /run/docker.sock"), std::string::npos) << said;
  EXPECT_NE(policy_problems_of("container: { allow: { bind_mounts: [{ source: srv }] } }"),
            "loaded");
  EXPECT_NE(policy_problems_of("container: { allow: { bind_mounts: [{ access: ro }] } }"),
            "loaded");
  EXPECT_NE(policy_problems_of("container: { allow: { bind_mounts: [{ source: /a/*/b }] } }"),
            "loaded");
}

TEST(LoadSettings, RefusesPoliciesThatExtendThemselves) {
  const std::string said = problems_of(R"(
listen: [{ address: unix:///a }]
clients: [{ name: a, policy: x }]
policies: { x: { extends: y }, y: { extends: x } }
)");
  EXPECT_NE(said.find("extends itself"), std::string::npos) << said;
}

TEST(LoadSettings, RefusesAPolicyThatIsNotThere) {
  const std::string said =
      problems_of("listen: [{ address: unix:///a }]\nclients: [{ name: a, policy: baselin }]\n");
  EXPECT_EQ(said, "dockgate.yaml:2:30: there is no policy `baselin`; did you mean `baseline`?\n");
}

TEST(LoadSettings, ReportsWhatIsNoYaml) {
  const std::string said = problems_of("engine: [\n");
  EXPECT_NE(said.find("this is not YAML"), std::string::npos) << said;
}

TEST(LoadSettings, SaysNothingAboutOperationsMeansNone) {
  const auto policy = load_policy("mode: enforce", "policy.yaml", "closed");
  ASSERT_TRUE(policy.has_value());
  EXPECT_TRUE(policy->operations.empty());
}

TEST(Presets, AreFourAndLoad) {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) {
    names.emplace_back(preset.name);
    EXPECT_TRUE(load_policy(preset.yaml, preset.name, preset.name).has_value()) << preset.name;
  }
  const std::vector<std::string> expected{"baseline", "restricted", "read-only", "observe"};
  EXPECT_EQ(names, expected);
}

TEST(Describe, TellsWhoMayDoWhat) {
  const auto settings = load_settings(everything, "dockgate.yaml");
  ASSERT_TRUE(settings.has_value());
  const std::string text = describe(*settings);
  EXPECT_NE(text.find("log     warn and above, as JSON"), std::string::npos);
  EXPECT_NE(text.find("reload  ends streams and tunnels that the new settings would refuse"),
            std::string::npos);
  EXPECT_NE(text.find("listen  unix:///run/dockgate/docker.sock mode 0660 group ci"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("root: uid 0 -> policy open"), std::string::npos) << text;
  EXPECT_NE(text.find("cap_add              NET_ADMIN"), std::string::npos) << text;
  EXPECT_NE(text.find("mem_limit            at most 4294967296 bytes"), std::string::npos) << text;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> yaml_blocks_of(const std::string& page) {
  const std::string open = "```yaml\n";
  std::vector<std::string> blocks;
  std::size_t at = page.find(open);
  while (at != std::string::npos) {
    const std::size_t begin = at + open.size();
    const std::size_t end = page.find("\n```", begin);
    blocks.push_back(page.substr(begin, end + 1 - begin));
    at = page.find(open, end);
  }
  return blocks;
}

std::string digest_of(const std::string& policy) {
  // What it is taken of, in place of a hash.
  const Surroundings around{.fingerprint = [](std::string_view text) { return std::string(text); }};
  const std::string yaml =
      "listen: [{ address: unix:///run/s }]\nclients: [{ name: a, policy: p }]\npolicies:\n  p: " +
      policy + "\n";
  const auto settings = load_settings(yaml, "dockgate.yaml", around);
  if (settings) return settings->clients.front().policy->digest;
  ADD_FAILURE() << settings.error().front().text();
  return "";
}

TEST(PolicyDigest, IsOfTheMeaningAndNotOfTheText) {
  EXPECT_EQ(digest_of("{ extends: baseline, container: { allow: { cap_add: [net_admin] } } }"),
            digest_of("{ container: { allow: { cap_add: [CAP_NET_ADMIN] } }, extends: baseline }"));
  EXPECT_NE(digest_of("{ mode: warn }"), digest_of("{ mode: enforce }"));
}

TEST(PolicyDigest, DiffersWhereAnythingDiffers) {
  const auto allow = [](const std::string& what) {
    return digest_of("{ container: { allow: { " + what + " } } }");
  };
  EXPECT_NE(allow("command: [\"a, b\"]"), allow("command: [a, b]"));
  EXPECT_NE(allow("command: [nothing]"), allow("command: []"));
  EXPECT_NE(allow("command: [\"\\\"a\\\"\"]"), allow("command: [a]"));
  EXPECT_NE(allow("command: [\"a\\n    privileged           yes\"]"),
            allow("privileged: true, command: [a]"));
  EXPECT_NE(allow("bind_mounts: [{ source: /a, access: ro, propagation: rshared }]"),
            allow("bind_mounts: [{ source: /a, access: ro }]"));
  EXPECT_NE(allow("healthcheck_interval: 12345.67"), allow("healthcheck_interval: 12345.68"));
}

// Every ```yaml block of the project's pages is a configuration or a policy that loads.
TEST(Documentation, HoldsOnlyYamlThatLoads) {
  std::size_t blocks = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(DOCKGATE_SOURCE)) {
    const std::string path = entry.path().string();
    if (entry.path().extension() != ".md" || path.find("/build/") != std::string::npos) continue;
    const std::string text = text_of(entry.path());
    for (const std::string& yaml : yaml_blocks_of(text)) {
      if (yaml.compare(0, 7, "- name:") == 0) continue;  // a case; the case loader reads those
      const bool whole = yaml.find("listen:") != std::string::npos;
      EXPECT_EQ(whole ? problems_of(yaml) : policy_problems_of(yaml), "loaded") << path << yaml;
      ++blocks;
    }
  }
  EXPECT_GE(blocks, 1U);
}

}  // namespace
}  // namespace dockgate::policy
