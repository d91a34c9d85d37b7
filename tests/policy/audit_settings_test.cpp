#include <gtest/gtest.h>

#include <string>

#include "policy/load/load_settings.h"

namespace dockgate::policy {
namespace {

std::string configuration(const std::string& audit) {
  return "listen: [{ address: unix:///run/s }]\nclients: [{ name: a, policy: baseline }]\naudit: " +
         audit + "\n";
}

Result<Settings, Problems> loaded(const std::string& audit) {
  return load_settings(configuration(audit), "f", {.config_file = "/etc/dockgate/f"});
}

std::string problem_of(const std::string& audit) {
  const auto settings = loaded(audit);
  if (settings) return "loaded";
  return settings.error().front().text();
}

TEST(AuditSettings, ReadsEveryKey) {
  const auto settings = loaded(
      "{ file: /a, durability: synced, reads: refuse, rotate: { size: 1m, age: 2h, keep: 3, "
      "compress: true }, signing_key: k, signed_every: 7, syslog: { address: \"tls://[::1]:6514\", "
      "ca: c, facility: local3 }, journal: true }");
  ASSERT_TRUE(settings.has_value());
  const AuditSettings& audit = settings->audit;
  EXPECT_EQ(audit.file, "/a");
  EXPECT_EQ(audit.durability, AuditSettings::Durability::synced);
  EXPECT_EQ(audit.reads, AuditSettings::Reads::refuse);
  EXPECT_EQ(audit.rotate.size, 1U << 20);
  EXPECT_EQ(audit.rotate.age, std::chrono::hours(2));
  EXPECT_EQ(audit.rotate.keep, 3U);
  EXPECT_TRUE(audit.rotate.compress);
  EXPECT_EQ(audit.signing_key, "/etc/dockgate/k");
  EXPECT_EQ(audit.signed_every, 7U);
  EXPECT_EQ(audit.syslog->transport, Syslog::Transport::tls);
  EXPECT_EQ(audit.syslog->host, "::1");
  EXPECT_EQ(audit.syslog->port, 6514);
  EXPECT_EQ(audit.syslog->ca, "/etc/dockgate/c");
  EXPECT_EQ(audit.syslog->facility, 19);
  EXPECT_EQ(audit.journal, "/run/systemd/journal/socket");
}

TEST(AuditSettings, SaysWhatIsWrongAndHowToMendIt) {
  EXPECT_EQ(problem_of("{ file: /a, rotat: {} }"),
            "f:3:20: unknown key `rotat` in audit; did you mean `rotate`?");
  EXPECT_EQ(problem_of("{ file: /a, durability: sync }"),
            "f:3:32: `durability` is `written` or `synced`, not `sync`");
  EXPECT_EQ(problem_of("{ file: /a, rotate: { keep: 3 } }"),
            "f:3:28: nothing says when to rotate; give it a `size` or an `age`");
  EXPECT_EQ(problem_of("{ rotate: { size: 1m } }"),
            "f:3:8: standard output cannot be rotated; name a `file`");
  EXPECT_EQ(problem_of("{ rotate: { age: 2w }, file: /a }"),
            "f:3:25: `2w` is no time; write it as 12h, 7d or in seconds");
  EXPECT_EQ(problem_of("{ file: /a, rotate: { size: 1k } }"), "f:3:36: `size` is at least 64k");
  EXPECT_EQ(problem_of("{ syslog: { address: \"udp://h:1\" } }"),
            "f:3:29: `udp://h:1` is no syslog server's address; write it as unix:///dev/log, "
            "tcp://logs.example.com:601 or tls://logs.example.com:6514");
  EXPECT_EQ(problem_of("{ syslog: { address: \"tcp://h:1\", ca: c } }"),
            "f:3:18: `ca` is for tls:// addresses");
}

TEST(AuditSettings, TheKeyIsNothingThatContainersGet) {
  const auto settings = loaded("{ file: /a, signing_key: /k }");
  bool guarded = false;
  for (const GuardedPath& path : settings->clients.front().policy->guarded_paths) {
    guarded = guarded || path.path == "/k";
  }
  EXPECT_TRUE(guarded);
}

}  // namespace
}  // namespace dockgate::policy
