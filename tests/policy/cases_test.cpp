// Runs every case of tests/cases, and counts that every rule and every key of a policy has one.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "policy/bind_source.h"
#include "policy/build/read_build.h"
#include "policy/edits.h"
#include "policy/judge.h"
#include "policy/load/load_settings.h"
#include "policy/load/policy_keys.h"
#include "policy/request.h"
#include "tests/policy/case_file.h"

namespace dockgate::tests {
namespace {

using policy::Reasons;
using policy::Request;

std::vector<std::string> shown(const std::vector<ExpectedReason>& reasons) {
  std::vector<std::string> out;
  for (const auto& reason : reasons) out.push_back(reason.rule + " at " + reason.at);
  return out;
}

struct Outcome {
  bool allowed = false;
  std::vector<ExpectedReason> reasons;
  std::string body;
  std::string target;
  std::string dockerfile = {};
};

std::vector<ExpectedReason> sorted(const Reasons& reasons) {
  std::vector<ExpectedReason> out;
  for (const auto& reason : reasons.all()) out.push_back({reason.rule, reason.at, reason.value});
  std::sort(out.begin(), out.end());
  return out;
}

// What the case says of the Engine and the host. An Engine that it does not describe says nothing
// of itself, and a path that it does not name leads to itself; any other lookup that it does not
// answer is a mistake of the case.
policy::Answers answers_of(const Case& one, const Request& request, const policy::Policy& policy) {
  policy::Answers answers = one.engine;
  bool goes_on = true;
  while (goes_on) {
    goes_on = false;
    for (const auto& lookup : policy::lookups_needed(request, answers, policy)) {
      const bool is_engine = lookup.kind == policy::ReferenceKind::engine;
      goes_on = is_engine || lookup.kind == policy::ReferenceKind::host_path;
      if (goes_on) {
        answers[lookup] = {policy::Answer::Kind::found, is_engine ? "{}" : lookup.name};
      } else {
        ADD_FAILURE() << "the case must say what the engine answers to " << policy::path_of(lookup);
        break;
      }
    }
  }
  return answers;
}

// A bind's source is rewritten where it leads elsewhere: each must be found where its fact says.
void expect_sources_in_place(const Request& request) {
  for (const policy::BindMount& bind : request.facts->bind_mounts) {
    policy::Json body = request.body;
    EXPECT_TRUE(policy::write_bind_source(body, bind, "/elsewhere")) << bind.at;
    EXPECT_NE(policy::to_text(body).find("/elsewhere"), std::string::npos) << bind.at;
  }
}

Outcome judged(const Case& one, const Request& request, const policy::Policy& policy) {
  expect_sources_in_place(request);
  const policy::Answers answers = answers_of(one, request, policy);
  const policy::Verdict verdict = policy::judge(request, answers, policy);
  return {verdict.allowed(),
          sorted(verdict.reasons()),
          policy::canonical_body(request, answers),
          policy::canonical_target(request, answers),
          policy::canonical_dockerfile(request, answers, policy)};
}

Outcome run(const Case& one, const policy::Policy& policy) {
  auto target = policy::read_target(one.method, one.target);
  if (!target) return {false, sorted(target.error()), "", ""};
  auto request = policy::read_request(std::move(*target), one.body);
  if (!request) return {false, sorted(request.error()), "", ""};
  if (one.archive) policy::read_archive_start(*one.archive, *request);
  policy::apply_edits(*request, policy);
  if (one.dockerfile) {
    EXPECT_TRUE(policy::reads_context(*request, policy));
    const auto read = policy::read_build_dockerfile(*one.dockerfile, *request);
    if (!read) return {false, sorted(read.error()), "", ""};
  }
  return judged(one, *request, policy);
}

std::string text_of(const policy::Problems& problems) {
  std::string out;
  for (const auto& problem : problems) out += problem.text() + "\n";
  return out;
}

// Many cases have the same policy.
const Result<policy::Policy, policy::Problems>& loaded(const Case& one) {
  static std::map<std::string, Result<policy::Policy, policy::Problems>> read;
  const auto found = read.find(one.policy);
  if (found != read.end()) return found->second;
  return read.emplace(one.policy, policy::load_policy(one.policy, one.file + ".yaml", "case"))
      .first->second;
}

class Cases : public testing::TestWithParam<Case> {};

TEST_P(Cases, JudgesAsWritten) {
  const Case& one = GetParam();
  Result<policy::Policy, policy::Problems> policy = loaded(one);
  ASSERT_TRUE(policy.has_value()) << text_of(policy.error());
  // A case that says where a path leads is one of a dockgate that sees the host's files.
  policy->follows_links = std::any_of(one.engine.begin(), one.engine.end(), [](const auto& pair) {
    return pair.first.kind == policy::ReferenceKind::host_path;
  });
  // As load_settings gives it to a client called `case`.
  if (policy->sets_docker_socket) policy->client_socket = "/run/dockgate/clients/case/docker.sock";
  for (const std::string& path : one.guards) policy->guarded_paths.push_back({path, "its own"});
  for (const std::string& path : one.sockets) policy->runtime_sockets.push_back(path);
  const Outcome outcome = run(one, *policy);
  EXPECT_EQ(outcome.allowed, one.allowed);
  ASSERT_EQ(shown(outcome.reasons), shown(one.reasons));
  for (std::size_t i = 0; i < one.reasons.size(); ++i) {
    const std::string& value = one.reasons[i].value;
    EXPECT_EQ(outcome.reasons[i].value, value.empty() ? outcome.reasons[i].value : value);
  }
  EXPECT_EQ(outcome.body, one.forwards.value_or(outcome.body));
  EXPECT_EQ(outcome.target, one.forwards_target.value_or(outcome.target));
  EXPECT_EQ(outcome.dockerfile, one.forwards_dockerfile.value_or(outcome.dockerfile));
}

const std::vector<Case>& all_cases() {
  static const std::vector<Case> cases = load_cases(DOCKGATE_CASES);
  return cases;
}

std::string test_name(const testing::TestParamInfo<Case>& info) {
  std::string name = info.param.file + "_" + std::to_string(info.param.line) + "_";
  for (const char c : info.param.name) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  return name;
}

// ctest runs each case in a process of its own, which need not read all the others.
std::vector<Case> cases_asked_for() {
  const std::string prefix = "Files/Cases.JudgesAsWritten/";
  const std::string filter = GTEST_FLAG_GET(filter);
  const bool one = filter.compare(0, prefix.size(), prefix) == 0 &&
                   filter.find_first_of("*?:-") == std::string::npos;
  return load_cases(DOCKGATE_CASES, one ? filter.substr(prefix.size()) : "");
}

INSTANTIATE_TEST_SUITE_P(Files, Cases, testing::ValuesIn(cases_asked_for()), test_name);

// Every rule that a policy's keys can lift has a case that refuses by it and one that allows.
template <class Part, std::size_t count>
void expect_both(const std::string& prefix, const policy::Key<Part> (&keys)[count]) {
  for (const auto& key : keys) {
    const std::string rule = prefix + std::string(key.name);
    const bool refused = std::any_of(all_cases().begin(), all_cases().end(), [&](const Case& one) {
      return !one.allowed && std::any_of(one.reasons.begin(),
                                         one.reasons.end(),
                                         [&](const auto& reason) { return reason.rule == rule; });
    });
    const bool allowed = std::any_of(all_cases().begin(), all_cases().end(), [&](const Case& one) {
      return one.allowed && one.reasons.empty() &&
             one.policy.find(std::string(key.name) + ":") != std::string::npos;
    });
    EXPECT_TRUE(refused || key.name == "unknown_fields") << "no case refuses by " << rule;
    EXPECT_TRUE(allowed) << "no case allows through the key " << key.name << " of " << prefix;
  }
}

TEST(CasesCover, EveryKeyOfAPolicyWithARefusalAndAnAllowance) {
  expect_both("container.", policy::container_allow_keys);
  expect_both("container.require.", policy::container_require_keys);
  expect_both("volume.", policy::volume_allow_keys);
  expect_both("network.", policy::network_allow_keys);
  expect_both("exec.", policy::exec_allow_keys);
  expect_both("image.", policy::image_allow_keys);
  expect_both("image.", policy::image_keys);
  expect_both("registry.", policy::registry_allow_keys);
  expect_both("build.", policy::build_allow_keys);
  expect_both("build.", policy::build_keys);
  expect_both("service.", policy::service_allow_keys);
  expect_both("swarm.", policy::swarm_allow_keys);
  expect_both("node.", policy::node_allow_keys);
  expect_both("secret.", policy::secret_allow_keys);
  expect_both("config.", policy::config_allow_keys);
  expect_both("plugin.", policy::plugin_allow_keys);
}

TEST(CasesCover, AtLeast120Behaviours) { EXPECT_GE(all_cases().size(), 120U); }

}  // namespace
}  // namespace dockgate::tests
