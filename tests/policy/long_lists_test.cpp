// A policy with many listings decides as one with the few that matter: what makes long lists quick
// to search changes no verdict.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/judge.h"
#include "policy/load/load_settings.h"
#include "policy/request.h"

namespace dockgate::policy {
namespace {

constexpr int many = 200;

const std::vector<std::string> mounts = {
    "{ source: /srv/data, access: ro }",
    "{ source: /srv/data/7, access: rw }",
    "{ source: /srv/data, access: rw, propagation: rshared }",
    "{ source: /srv/deep/**, access: ro }",
    "{ source: /srv/deep/er/**, access: rw }",
    "{ source: /srv/sock, access: rw, dangerous: true }",
    "{ source: /srv/way, access: rw }",
};
const std::vector<std::string> images = {
    "docker.io/library/*",
    "docker.io/library/redis:7.*",
    "docker.io/team-7/web:1.*",
    "registry.example.com:5000/app",
    "*.example.org/**",
};

// The listings among others: where each stands makes no difference either.
std::string settings_with(int others, const std::string& more) {
  std::string binds;
  std::string pulls;
  const auto add_others = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      const std::string number = std::to_string(i);
      binds += "{ source: /srv/other/" + number + ", access: rw },";
      pulls += "\"docker.io/other-" + number + "/*\",";
    }
  };
  add_others(0, others / 2);
  for (const std::string& mount : mounts) binds += mount + ",";
  for (const std::string& image : images) pulls += "\"" + image + "\",";
  add_others(others / 2, others);
  return more +
         "engine: unix:///srv/docker.sock\n"
         "listen: [{ address: unix:///run/dockgate/docker.sock }]\n"
         "clients: [{ name: all, policy: listed }]\n"
         "policies:\n"
         "  listed:\n"
         "    extends: baseline\n"
         "    container: { allow: { bind_mounts: [" +
         binds + "] } }\n    image: { allow: { pull: [" + pulls + "] } }\n";
}

std::string verdict_on(const Policy& policy,
                       std::string_view target,
                       std::string_view body,
                       const Answers& answers) {
  auto read = read_target("POST", target);
  if (!read) return "no target";
  const auto request = read_request(std::move(*read), body);
  if (!request) return "no request";
  const Verdict verdict = judge(*request, answers, policy);
  std::string text;
  for (const Reason& reason : verdict.reasons().all()) {
    // That the Engine was not asked is the same for all, and here nobody asks it.
    if (reason.rule == "reference.unresolved") continue;
    // Only short lists are shown.
    const std::string mend = reason.mend.substr(0, reason.mend.find("; `listed` lists"));
    text += reason.rule + " " + reason.value + "; " + mend + "\n";
  }
  return text;
}

class LongLists : public testing::Test {
 protected:
  void SetUp() override { load(""); }

  void load(const std::string& more) {
    auto few = load_settings(settings_with(0, more), "few.yaml");
    auto long_one = load_settings(settings_with(many, more), "many.yaml");
    ASSERT_TRUE(few && long_one) << (few ? "" : few.error().front().text());
    few_ = few->clients.front().policy;
    many_ = long_one->clients.front().policy;
    ASSERT_EQ(few_->container.bind_roots, nullptr);
    ASSERT_NE(many_->container.bind_roots, nullptr);
    ASSERT_NE(many_->image.pull.index, nullptr);
  }

  // The verdict of both, which have to be one.
  std::string of_both(std::string_view target, std::string_view body, const Answers& answers = {}) {
    const std::string one = verdict_on(*few_, target, body, answers);
    EXPECT_EQ(verdict_on(*many_, target, body, answers), one) << target << body;
    return one;
  }

  std::shared_ptr<const Policy> few_;
  std::shared_ptr<const Policy> many_;
};

TEST_F(LongLists, OfMountsDecideAlike) {
  int allowed = 0;
  int refused = 0;
  for (const std::string source : {"/srv/data",
                                   "/srv/data/",
                                   "/srv/data/7",
                                   "/srv/data/70",
                                   "/srv/data/7/x",
                                   "/srv",
                                   "/",
                                   "/srv/deep",
                                   "/srv/deep/a",
                                   "/srv/deep/er",
                                   "/srv/deep/er/a",
                                   "/srv/deeper",
                                   "/srv/sock",
                                   "/srv/sock/a",
                                   "/srv/../srv/data",
                                   "/etc"}) {
    for (const std::string mode : {"", ":ro", ":rw", ":ro,rshared", ":rshared", ":ro,z"}) {
      const std::string verdict =
          of_both("/v1.43/containers/create",
                  R"({"Image":"a","HostConfig":{"Binds":[")" + source + ":/to" + mode + "\"]}}");
      ++(verdict.empty() ? allowed : refused);
    }
  }
  EXPECT_GT(allowed, 10);
  EXPECT_GT(refused, 30);
}

// What is listed may itself be a link, and a source may lead to what is listed.
TEST_F(LongLists, OfMountsDecideAlikeWhereLinksAreFollowed) {
  load("host_root: /\n");
  Answers answers;
  for (const auto& [path, end] : {std::pair<std::string, std::string>{"/srv/way", "/srv/end"},
                                  {"/srv/end", "/srv/end"},
                                  {"/srv/to-deep", "/srv/deep/a"},
                                  {"/srv/elsewhere", "/etc"}}) {
    Answer& answer = answers[{ReferenceKind::host_path, path}];
    answer.kind = Answer::Kind::found;
    answer.body = WayOnHost{end, {end}}.text();
  }
  const auto verdict_on_mount = [&](const std::string& bind) {
    return of_both("/v1.43/containers/create",
                   R"({"Image":"a","HostConfig":{"Binds":[")" + bind + "\"]}}",
                   answers);
  };
  EXPECT_EQ(verdict_on_mount("/srv/end:/to"), "");
  EXPECT_EQ(verdict_on_mount("/srv/to-deep:/to:ro"), "");
  EXPECT_NE(verdict_on_mount("/srv/to-deep:/to"), "");
  EXPECT_NE(verdict_on_mount("/srv/elsewhere:/to:ro"), "");
}

TEST_F(LongLists, OfImagesDecideAlike) {
  int allowed = 0;
  int refused = 0;
  for (const std::string image : {"alpine",
                                  "docker.io/library/alpine",
                                  "redis:7.2",
                                  "redis:6",
                                  "team-7/web",
                                  "team-7/web:1.2",
                                  "team-7/web:2",
                                  "registry.example.com:5000/app",
                                  "registry.example.com:5000/app:1",
                                  "registry.example.com:5000/apple",
                                  "registry.example.com/app",
                                  "a.example.org/x/y",
                                  "a.example.org/x:1",
                                  "example.org/x",
                                  "other/x",
                                  "team-77/web:1.2"}) {
    const std::string verdict = of_both("/v1.43/images/create?tag=&fromImage=" + image, "");
    ++(verdict.empty() ? allowed : refused);
  }
  EXPECT_GT(allowed, 4);
  EXPECT_GT(refused, 4);
}

TEST_F(LongLists, NameTheirWordsExactly) {
  EXPECT_TRUE(many_->image.pull.name("docker.io/other-199/*"));
  EXPECT_FALSE(many_->image.pull.name("docker.io/other-199/"));
  EXPECT_FALSE(many_->image.pull.name("**"));
}

}  // namespace
}  // namespace dockgate::policy
