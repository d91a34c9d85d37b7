// The requests and answers of all cases, with any one value of them exchanged for one of another
// kind, a zero, or odd text: whatever that makes of them, they are judged, and what goes on is read
// again as the same.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "policy/judge.h"
#include "policy/load/load_settings.h"
#include "policy/request.h"
#include "policy/strict_json.h"
#include "tests/policy/case_file.h"

namespace dockgate::tests {
namespace {

using policy::Json;

const std::array<std::string, 14> others = {
    "null",
    "true",
    "7",
    "-1.5",
    R"("x:y")",
    "[[]]",
    R"([null,{"":0}])",
    R"({"x":{"y":[1]}})",
    // The zeros of all kinds, and text that is in nobody's alphabet.
    "false",
    "0",
    R"("")",
    "[]",
    "{}",
    R"("a{Z[9:._-~^`'\\\u007f")"};

// Calls `use` with the document once for each place in it and each other value there.
void for_each_bent(Json& document, Json& place, const std::function<void()>& use) {
  for (const std::string& other : others) {
    Json was = std::exchange(place, *policy::parse_json(other, ""));
    if (!(was == place)) use();
    place = std::move(was);
  }
  for (Json& item : place.items) for_each_bent(document, item, use);
  for (policy::Member& member : place.members) for_each_bent(document, member.value, use);
}

void for_each_bent(const std::string& text, const std::function<void(const std::string&)>& use) {
  auto document = policy::parse_json(text, "");
  if (!document) return;
  for_each_bent(*document, *document, [&] { use(policy::to_text(*document)); });
}

Result<policy::Request, policy::Reasons> request_of(const std::string& method,
                                                    const std::string& target_text,
                                                    const std::string& body) {
  auto target = policy::read_target(method, target_text);
  if (!target) return target.error();
  return policy::read_request(std::move(*target), body);
}

// What the case does not say the Engine and the host do not have.
policy::Verdict judged(const policy::Request& request,
                       const policy::Policy& policy,
                       policy::Answers answers) {
  while (true) {
    const auto needed = policy::lookups_needed(request, answers, policy);
    if (needed.empty()) return policy::judge(request, answers, policy);
    for (const auto& lookup : needed) answers[lookup] = {policy::Answer::Kind::missing, ""};
  }
}

const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = load_cases(DOCKGATE_CASES);
  return cases;
}

TEST(BentCases, WhatGoesOnIsReadAgainAsTheSame) {
  std::size_t refused = 0;
  std::size_t read = 0;
  for (const Case& one : all_cases()) {
    for_each_bent(one.body, [&](const std::string& body) {
      const auto request = request_of(one.method, one.target, body);
      ++(request ? read : refused);
      if (!request) return;
      const std::string written = policy::canonical_body(*request, {});
      if (written.empty()) return;  // `null` is no body
      const auto again = request_of(one.method, policy::canonical_target(*request, {}), written);
      ASSERT_TRUE(again) << one.name << body << "\n" << again.error().all().front().rule;
      EXPECT_EQ(policy::canonical_body(*again, {}), written) << one.name << " " << body;
    });
  }
  EXPECT_GT(refused, 10'000U);
  EXPECT_GT(read, 1'000U);
}

// What is said of an object that is judged, and is no object, allows nothing.
TEST(BentCases, WhateverTheEngineSaysIsJudged) {
  std::size_t allowed = 0;
  std::size_t refused = 0;
  for (const Case& one : all_cases()) {
    const auto request = request_of(one.method, one.target, one.body);
    const auto policy = policy::load_policy(one.policy, one.file, "case");
    if (!request || !policy) continue;
    for (const auto& [lookup, answer] : one.engine) {
      if (answer.kind != policy::Answer::Kind::found) continue;
      policy::Answers answers = one.engine;
      for_each_bent(answer.body, [&, lookup = lookup](const std::string& body) {
        answers[lookup] = {policy::Answer::Kind::found, body};
        const policy::Verdict verdict = judged(*request, *policy, answers);
        ++(verdict.allowed() ? allowed : refused);
        EXPECT_TRUE(verdict.allowed() || !verdict.reasons().empty()) << one.name << " " << body;
      });
    }
  }
  EXPECT_GT(allowed, 100U);
  EXPECT_GT(refused, 1'000U);
}

}  // namespace
}  // namespace dockgate::tests
