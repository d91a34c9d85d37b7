#include <gtest/gtest.h>

#include <string>

#include "policy/load/load_settings.h"

namespace dockgate::policy {
namespace {

constexpr const char* rest =
    "listen: [{ address: \"unix:///run/d.sock\" }]\nclients: [{ name: a, policy: baseline }]\n";

Surroundings machine() {
  return {.user_id = [](const std::string& name) -> std::optional<std::uint32_t> {
            if (name == "dockgate") return 990;
            return std::nullopt;
          },
          .group_id = [](const std::string& name) -> std::optional<std::uint32_t> {
            if (name == "docker") return 998;
            return std::nullopt;
          },
          .group_of_user = [](std::uint32_t user) -> std::optional<std::uint32_t> {
            if (user == 990) return 991;
            return std::nullopt;
          }};
}

Result<Settings, Problems> load(const std::string& confinement) {
  return load_settings("confinement: " + confinement + "\n" + rest, "f", machine());
}

std::string problems_of(const std::string& confinement) {
  const auto settings = load(confinement);
  std::string out;
  if (settings) return "loaded";
  for (const Problem& problem : settings.error()) out += problem.text() + "\n";
  return out;
}

TEST(ConfinementSettings, AreStrictWhereNothingIsSaid) {
  const auto settings = load_settings(rest, "f", machine());
  ASSERT_TRUE(settings.has_value());
  const Confinement& confinement = settings->confinement;
  EXPECT_TRUE(confinement.no_new_privileges);
  EXPECT_FALSE(confinement.dumpable);
  EXPECT_EQ(confinement.system_calls, Confinement::SystemCalls::enforce);
  EXPECT_EQ(confinement.file_access, Confinement::FileAccess::best_effort);
  EXPECT_FALSE(confinement.user.has_value());
}

TEST(ConfinementSettings, TakeUsersByNameAndByNumber) {
  const std::pair<const char*, Confinement::User> users[] = {{"dockgate", {990, 991}},
                                                             {"dockgate:docker", {990, 998}},
                                                             {"990", {990, 991}},
                                                             {"\"4711:4712\"", {4711, 4712}},
                                                             {"\"4711:docker\"", {4711, 998}}};
  for (const auto& [written, user] : users) {
    const auto settings = load("{ user: " + std::string(written) + " }");
    ASSERT_TRUE(settings.has_value())
        << written << problems_of("{ user: " + std::string(written) + " }");
    EXPECT_EQ(settings->confinement.user, user) << written;
  }
}

TEST(ConfinementSettings, KnowWhetherNamesHaveToBeLookedUp) {
  EXPECT_FALSE(load("{ user: \"4711:4712\", groups: [4713] }")->has_names);
  EXPECT_TRUE(load("{ user: dockgate }")->has_names);
  EXPECT_TRUE(load("{ user: \"4711:4712\", groups: [docker] }")->has_names);
}

TEST(ConfinementSettings, RefuseWhoIsNobodyOrRoot) {
  EXPECT_EQ(problems_of("{ user: nobody-here }"),
            "f:1:22: this machine has no user `nobody-here`\n");
  EXPECT_EQ(problems_of("{ user: \"990:none\" }"), "f:1:22: this machine has no group `none`\n");
  EXPECT_EQ(problems_of("{ user: 4711 }"),
            "f:1:22: the group of `4711` is not known; write it as user:group\n");
  for (const char* const root : {"\"0:0\"", "\"0:5\"", "\"5:0\""}) {
    EXPECT_NE(problems_of("{ user: " + std::string(root) + " }").find("in place of root"),
              std::string::npos);
  }
  // The kernel takes the last number for "leave it as it is".
  EXPECT_NE(problems_of("{ user: \"4294967295:5\" }"), "loaded");
  EXPECT_NE(problems_of("{ user: \":5\" }"), "loaded");
  EXPECT_NE(problems_of("{ user: \"5:\" }"), "loaded");
  EXPECT_NE(problems_of("{ user: \"5:6:7\" }"), "loaded");
}

TEST(ConfinementSettings, RefuseWhatTheyDoNotKnow) {
  EXPECT_NE(problems_of("{ sytem_calls: off }").find("did you mean `system_calls`?"),
            std::string::npos);
  EXPECT_EQ(problems_of("{ system_calls: false }"),
            "f:1:30: `system_calls` is `enforce`, `kill`, `log` or `off`, not `false`\n");
  EXPECT_EQ(problems_of("{ file_access: best-effort }"),
            "f:1:29: `file_access` is `enforce`, `best_effort` or `off`, not `best-effort`\n");
  EXPECT_NE(problems_of("{ ulimits: { nofiles: 5 } }").find("did you mean `nofile`?"),
            std::string::npos);
}

TEST(ConfinementSettings, RefuseWhatCannotBeTogether) {
  EXPECT_NE(problems_of("{ no_new_privileges: false }").find("need `no_new_privileges`"),
            std::string::npos);
  EXPECT_EQ(problems_of("{ no_new_privileges: false, system_calls: off, file_access: off }"),
            "loaded");
  EXPECT_NE(problems_of("{ groups: [docker] }").find("are those of a `user`"), std::string::npos);
}

TEST(ConfinementSettings, HaveLimits) {
  const auto settings = load("{ ulimits: { nofile: 1000, nproc: 64, fsize: 1g, as: 2g } }");
  ASSERT_TRUE(settings.has_value());
  const Confinement::Ulimits& limits = settings->confinement.ulimits;
  EXPECT_EQ(limits.nofile, 1000U);
  EXPECT_EQ(limits.nproc, 64U);
  EXPECT_EQ(limits.fsize, 1ULL << 30);
  EXPECT_EQ(limits.as, 2ULL << 30);
  for (const char* const small : {"nofile: 1", "nproc: 1", "fsize: 1", "as: 1m"}) {
    EXPECT_NE(problems_of("{ ulimits: { " + std::string(small) + " } }").find("is at least"),
              std::string::npos)
        << small;
  }
}

TEST(ConfinementSettings, AreDescribed) {
  const auto settings = load("{ user: dockgate, groups: [docker], ulimits: { nproc: 64 } }");
  ASSERT_TRUE(settings.has_value());
  const std::string text = describe(*settings);
  EXPECT_NE(text.find("runs    as user 990, group 991, those of the sockets, 998, without "
                      "capabilities; no new privileges; no core dumps; nproc 64\n"
                      "        system calls that it does not need fail\n"
                      "        files and folders are those that these settings name, where the "
                      "kernel helps\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace dockgate::policy
