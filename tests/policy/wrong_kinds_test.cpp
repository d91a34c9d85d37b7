// A file in which any one value is of another kind than it should be, missing or doubled is a
// problem with a place in the file, or a file that means something: never an exception, and never a
// value that is quietly taken for another.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "policy/load/load_settings.h"

namespace dockgate::policy {
namespace {

constexpr const char* every_key_of_a_configuration = R"(
engine: unix:///srv/docker.sock
listen:
  - { address: unix:///run/dockgate/docker.sock, mode: "0660", group: ci }
  - address: tcp://10.0.0.5:2376
    tls:
      { certificate: c.pem, key: /k.pem, client_ca: ca.pem, crl: crl.pem, minimum_version: "1.2" }
  - { address: "tcp://[::1]:2375", plaintext: i-understand }
admin:
  { address: "tcp://127.0.0.1:9000", tls: { certificate: c.pem, key: k.pem, client_ca: a.pem } }
audit:
  file: audit.jsonl
  durability: synced
  reads: refuse
  rotate: { size: 1m, age: 2h, keep: 3, compress: true }
  signing_key: audit.key
  signed_every: 7
  syslog: { address: "tls://logs.example.com:6514", ca: c.pem, facility: local3 }
  journal: true
reload: { revoke: true }
log: { format: json, level: warn }
confinement:
  user: "990:991"
  groups: [995, ci]
  no_new_privileges: true
  dumpable: false
  system_calls: kill
  file_access: best_effort
  ulimits: { nofile: 65536, nproc: 256, fsize: 2g, as: 4g }
host_root: /host
client_sockets: /run/dockgate/clients
limits:
  { head: 64k, body: 1m, inspected: 32m, head_time: 1, body_time: 1, handshake_time: 1, idle: 60,
    answer_time: 1, engine_connect: 1, engine_answer: 1, drain: 1, connections_per_listener: 9,
    connections_per_client: 10 }
threads: 2
clients:
  - { name: root, unix: { uid: 0, gid: 7 }, policy: open }
  - { name: named, unix: { user: ci, group: ci }, policy: open }
  - name: runners
    certificate:
      { common_name: "runner-*", dns: [A.example.com], uri: "spiffe://Example.org/ci",
        email: ["a@Example.com"], organization_unit: ci, issuer: CA,
        fingerprint_sha256: "AB01010101010101010101010101010101010101010101010101010101010101",
        public_key_sha256:
          [ "cd01010101010101010101010101010101010101010101010101010101010101" ] }
    address: [10.0.0.0/8, "fd00::/8"]
    policy: ci
    limits: { connections: 64, requests_per_second: 200, burst: 400, inspected_bodies: 16 }
  - { name: rest, listener: "unix:///run/dockgate/docker.sock", policy: ci }
policies:
  open: { extends: ci, mode: warn }
  ci: { container: { set: { docker_socket: dockgate } } }
)";

constexpr const char* every_key_of_a_policy = R"(
mode: warn
operations: { allow: ["@read", ContainerCreate], deny: [ContainerArchive] }
container:
  allow:
    privileged: false
    cap_add: [net_admin, CAP_KILL]
    bind_mounts:
      - { source: /srv/ci/**, access: rw, propagation: rshared }
      - { source: /dev/log, access: ro, dangerous: true }
    network_mode: [bridge]
    devices: ["/dev/fuse", "/dev/kvm:rw"]
    ports: ["8080", 8000-8999, "127.0.0.1:*"]
    healthcheck_interval: 1.5
    oom_score_adj: -100
    user: "1000"
  require:
    { cap_drop: [ALL], no_new_privileges: true, read_only: true, user: non-root, mem_limit: 4g,
      memswap_limit: 4g, shm_size: 64m, cpus: 1.5, pids_limit: 512 }
  set: { docker_socket: dockgate }
volume: { allow: { driver: [local], prune_named: true } }
network: { allow: { driver: [bridge], subnet: [10.0.0.0/8] } }
exec: { allow: { privileged: false, command: ["sh -c *"] } }
image:
  digest: required
  load: unchecked
  allow: { pull: ["docker.io/library/*"], tag: ["localhost/ci/*"], import_url: false }
registry: { allow: { host: [docker.io] } }
build: { buildkit: refused, dockerfile: checked, allow: { remote: true, run: true } }
service: { allow: { plugin: false, secrets: ["ci-*"] } }
swarm: { allow: { listen_addr: ["127.0.0.1:2377"], signing_ca: false } }
node: { allow: { role: [worker] } }
secret: { allow: { name: [a] } }
config: { allow: { name: [b] } }
plugin: { allow: { name: ["docker.io/vieux/sshfs:*"], create: false } }
)";

// A step into a node: a key of a map, or the number of an item.
struct Step {
  std::string key;
  std::size_t item = 0;
  bool is_item = false;
};

using Way = std::vector<Step>;

std::string text_of(const Way& way) {
  std::string text;
  for (const Step& step : way) text += "/" + (step.is_item ? std::to_string(step.item) : step.key);
  return text;
}

void collect(const YAML::Node& node, const Way& way, std::vector<Way>& all) {
  if (!way.empty()) all.push_back(way);
  const auto go_on = [&](const YAML::Node& inner, const Step& step) {
    Way longer = way;
    longer.push_back(step);
    collect(inner, longer, all);
  };
  if (node.IsMap()) {
    for (const auto& pair : node) go_on(pair.second, {.key = pair.first.Scalar()});
  }
  if (node.IsSequence()) {
    for (std::size_t i = 0; i < node.size(); ++i) go_on(node[i], {.item = i, .is_item = true});
  }
}

YAML::Node node_at(YAML::Node node, const Way& way, std::size_t steps) {
  for (std::size_t i = 0; i < steps; ++i) {
    node.reset(way[i].is_item ? node[way[i].item] : node[way[i].key]);
  }
  return node;
}

struct File {
  const char* yaml;
  std::size_t least_values;
  // What the file means, in words; or what is wrong with it.
  Result<std::string, Problems> (*meaning_of)(const std::string& yaml);
};

Result<std::string, Problems> meaning_of_settings(const std::string& yaml) {
  const auto known = [](const std::string& name) {
    return name == "ci" ? std::optional<std::uint32_t>(7) : std::nullopt;
  };
  const auto settings = load_settings(yaml,
                                      "f",
                                      {.working_directory = "/work",
                                       .config_file = "/etc/dockgate/f",
                                       .user_id = known,
                                       .group_id = known});
  if (!settings) return settings.error();
  return describe(*settings);
}

Result<std::string, Problems> meaning_of_policy(const std::string& yaml) {
  const auto policy = load_policy(yaml, "f", "p");
  if (!policy) return policy.error();
  return describe(*policy);
}

class WrongKinds : public testing::TestWithParam<File> {
 protected:
  void SetUp() override {
    const auto meaning = GetParam().meaning_of(GetParam().yaml);
    ASSERT_TRUE(meaning) << meaning.error().front().text();
    collect(YAML::Load(GetParam().yaml), {}, ways_);
    ASSERT_GT(ways_.size(), GetParam().least_values);
  }

  // The file with another value at this place.
  static std::string with(const Way& way, const std::string& value) {
    const YAML::Node root = YAML::Load(GetParam().yaml);
    YAML::Node place = node_at(root, way, way.size());
    place = YAML::Load(value);
    return YAML::Dump(root);
  }

  static std::string without(const Way& way) {
    const YAML::Node root = YAML::Load(GetParam().yaml);
    YAML::Node parent = node_at(root, way, way.size() - 1);
    if (way.back().is_item) {
      parent.remove(way.back().item);
    } else {
      parent.remove(way.back().key);
    }
    return YAML::Dump(root);
  }

  // Whether it is taken. Of what is not, each problem is told with its file.
  static bool is_taken(const std::string& yaml, const std::string& what) {
    const auto meaning = GetParam().meaning_of(yaml);
    if (meaning) return true;
    EXPECT_FALSE(meaning.error().empty()) << what;
    for (const Problem& problem : meaning.error()) {
      EXPECT_EQ(problem.file, "f") << what;
      EXPECT_FALSE(problem.what.empty()) << what;
    }
    return false;
  }

  std::vector<Way> ways_;
};

TEST_P(WrongKinds, NoValueIsAMapOfWhatNobodyKnows) {
  for (const Way& way : ways_) {
    EXPECT_FALSE(is_taken(with(way, "{ no: { such: [thing] } }"), text_of(way))) << text_of(way);
  }
}

TEST_P(WrongKinds, NoValueIsAListOfLists) {
  for (const Way& way : ways_) {
    EXPECT_FALSE(is_taken(with(way, "[[[]], { a: b }]"), text_of(way))) << text_of(way);
  }
}

TEST_P(WrongKinds, NoListIsAKeyOfAMap) {
  for (const Way& way : ways_) {
    EXPECT_FALSE(is_taken(with(way, "{ [a, b]: c }"), text_of(way))) << text_of(way);
  }
}

TEST_P(WrongKinds, OtherWordsAndNumbersAreTakenOrToldOf) {
  std::size_t taken = 0;
  std::size_t told = 0;
  for (const Way& way : ways_) {
    for (const char* const value :
         {"~",
          "[]",
          "{}",
          "''",
          "x",
          "'*'",
          "true",
          "'true'",
          "-1",
          "0",
          "4294967295",
          "99999999999",
          "99999999999999999999",
          "1.5",
          "1k",
          "9999999999g",
          "12w",
          "/",
          "//a",
          "a/**",
          "/run/**",
          "unix://",
          "tcp://",
          "tcp://10.0.0.5:x",
          "tcp://a:b:1",
          "tls://:1",
          "tls://h:0",
          "a:b",
          "'0:0'",
          "'5:0'",
          "/dev/a:q",
          "1-x",
          "10.0.0.0/33",
          "'@none'",
          "log",
          "off",
          "enforce",
          "512b",
          "1kb",
          "1mb",
          "1gb",
          "unix://a",
          "unix:///run/a",
          "unix:///a/../b",
          "'[::1'",
          "zb0101010101010101010101010101010101010101010101010101010101010101",
          "'@none'"}) {
      ++(is_taken(with(way, value), text_of(way) + " " + value) ? taken : told);
    }
  }
  EXPECT_GT(taken, ways_.size());
  EXPECT_GT(told, 10 * ways_.size());
}

TEST_P(WrongKinds, WhatIsMissingIsToldOrHasADefault) {
  std::size_t taken = 0;
  for (const Way& way : ways_) taken += is_taken(without(way), text_of(way)) ? 1U : 0U;
  EXPECT_GT(taken, ways_.size() / 2);
}

INSTANTIATE_TEST_SUITE_P(
    Of,
    WrongKinds,
    testing::Values(File{every_key_of_a_configuration, 100, meaning_of_settings},
                    File{every_key_of_a_policy, 60, meaning_of_policy}));

}  // namespace
}  // namespace dockgate::policy
