// judge_inspected PRESET: whether a policy lets be used what an Engine has.
//
// Reads a line of JSON for each object and answers with one:
//   {"kind": "container", "name": ID, "answers": {"/containers/ID/json": {"Id": …} or null}}
//   -> {"needs": ["/networks/lan"]}      what else the Engine must be asked: ask again with it
//   -> {"allowed": false, "reasons": ["container.privileged at …: …"]}
// An answer is what the Engine's inspect says at that path, null where it has no such thing.
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/judge.h"
#include "policy/load/load_settings.h"
#include "policy/references.h"
#include "policy/request.h"
#include "policy/strict_json.h"

namespace {

using namespace dockgate;
using policy::Json;

struct UseOf {
  std::string_view kind;
  std::string_view before;  // the name
  std::string_view after;
  std::string_view body_before;
  std::string_view body_after;
};

// How each kind of object is used: by requests that the policy allows where it allows the object.
constexpr UseOf uses[] = {
    {"container", "/containers/", "/start", "", ""},
    {"exec", "/exec/", "/start", "{}", ""},
    {"network", "/networks/", "/connect", R"({"Container": ""})", ""},
    {"volume",
     "/containers/create",
     "",
     R"({"HostConfig": {"NetworkMode": "none", "Binds": [")",
     R"(:/v"]}})"},
};

std::optional<policy::Request> request_that_uses(const Json& line) {
  const std::string name(policy::string_or(line.find("name"), ""));
  for (const UseOf& use : uses) {
    if (policy::string_or(line.find("kind"), "") != use.kind) continue;
    const bool in_body = !use.body_after.empty();
    const std::string target =
        std::string(use.before) + (in_body ? "" : name) + std::string(use.after);
    const std::string body =
        std::string(use.body_before) + (in_body ? name : "") + std::string(use.body_after);
    auto read = policy::read_target("POST", target);
    if (!read) return std::nullopt;
    auto request = policy::read_request(std::move(*read), body);
    if (request) return std::move(*request);
  }
  return std::nullopt;
}

// Takes the answers that are given to what is needed, round by round; returns what is missing.
std::vector<std::string> take_answers(const policy::Request& request,
                                      const policy::Policy& policy,
                                      const Json& given,
                                      policy::Answers& answers) {
  std::vector<std::string> missing;
  while (missing.empty()) {
    const auto needed = policy::lookups_needed(request, answers, policy);
    if (needed.empty()) return {};
    for (const policy::Lookup& lookup : needed) {
      const std::string path = policy::path_of(lookup);
      const Json* const answer = given.find(path);
      if (answer == nullptr) {
        missing.push_back(path);
      } else if (answer->is(Json::Kind::null)) {
        answers[lookup] = {policy::Answer::Kind::missing, ""};
      } else {
        answers[lookup] = {policy::Answer::Kind::found, policy::to_text(*answer)};
      }
    }
  }
  return missing;
}

Json texts(const std::vector<std::string>& all) {
  Json list = Json::array();
  for (const std::string& one : all) list.items.push_back(Json::of_string(one));
  return list;
}

Json answered(const Json& line, const policy::Policy& policy) {
  Json out = Json::object();
  const auto request = request_that_uses(line);
  const Json* const given = line.find("answers");
  if (!request || given == nullptr) {
    out.add("error", Json::of_string("a line has a kind, a name and answers"));
    return out;
  }
  policy::Answers answers;
  const std::vector<std::string> missing = take_answers(*request, policy, *given, answers);
  if (!missing.empty()) {
    out.add("needs", texts(missing));
    return out;
  }
  const policy::Verdict verdict = policy::judge(*request, answers, policy);
  std::vector<std::string> reasons;
  for (const policy::Reason& reason : verdict.reasons().all()) {
    reasons.push_back(reason.rule + " at " + reason.at + ": " + reason.value);
  }
  out.add("allowed", Json::of_boolean(verdict.allowed()));
  out.add("reasons", texts(reasons));
  return out;
}

std::optional<policy::Policy> preset_named(std::string_view name) {
  for (const policy::Preset& preset : policy::presets()) {
    if (preset.name != name) continue;
    auto loaded = policy::load_policy(preset.yaml, preset.name, preset.name);
    if (loaded) return std::move(*loaded);
  }
  return std::nullopt;
}

}  // namespace

int main(int count, char** arguments) {
  const auto policy = preset_named(count == 2 ? arguments[1] : "");
  if (!policy) {
    std::fprintf(stderr, "usage: judge_inspected PRESET\n");
    return 2;
  }
  for (std::string text; std::getline(std::cin, text);) {
    const auto line = policy::parse_json(text, "");
    std::cout << policy::to_text(answered(line ? *line : Json(), *policy)) << std::endl;
  }
  return 0;
}
