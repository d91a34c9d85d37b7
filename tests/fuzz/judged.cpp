#include "tests/fuzz/judged.h"

#include <algorithm>
#include <map>

#include "policy/bind_source.h"
#include "policy/load/load_settings.h"
#include "tests/fuzz/property.h"

namespace dockgate::tests {

const policy::Policy& preset(std::string_view name) {
  static const auto all = [] {
    std::map<std::string, policy::Policy, std::less<>> loaded;
    for (const policy::Preset& one : policy::presets()) {
      loaded.emplace(one.name, *policy::load_policy(one.yaml, one.name, one.name));
    }
    return loaded;
  }();
  return all.find(name)->second;
}

std::vector<std::string> rules_of(const policy::Reasons& reasons) {
  std::vector<std::string> rules;
  for (const auto& reason : reasons.all()) rules.push_back(reason.rule + reason.value);
  std::sort(rules.begin(), rules.end());
  rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
  return rules;
}

void expect_sources_in_place(const policy::Request& request) {
  for (const policy::BindMount& bind : request.facts->bind_mounts) {
    policy::Json body = request.body;
    expect(policy::write_bind_source(body, bind, "/elsewhere"),
           "a bind stands where its fact says");
  }
}

namespace {

const std::string plain_id(64, 'a');
const std::string hosted_id(64, 'b');

std::string container(const std::string& id, const char* network) {
  return R"({"Id":")" + id + R"(","Config":{},"HostConfig":{"NetworkMode":")" + network + R"("}})";
}

std::string document_of(policy::ReferenceKind kind) {
  using policy::ReferenceKind;
  switch (kind) {
    case ReferenceKind::container:
      return container(plain_id, "none");
    case ReferenceKind::exec:
      return R"({"ID":")" + plain_id + R"(","ContainerID":")" + plain_id +
             R"(","ProcessConfig":{"entrypoint":"a","arguments":[]}})";
    case ReferenceKind::network:
      return R"({"Id":")" + plain_id + R"(","Name":"plain","Driver":"bridge","Scope":"local"})";
    case ReferenceKind::volume:
      return R"({"Name":"plain","Driver":"local"})";
    case ReferenceKind::image:
    case ReferenceKind::pulled_image:
    case ReferenceKind::newest_image:
      return R"({"Id":"sha256:)" + plain_id +
             R"(","RepoTags":["plain:latest"],"Config":{},"Os":"linux","Architecture":"amd64"})";
    case ReferenceKind::engine:
      return R"({"DefaultRuntime":"runc"})";
    case ReferenceKind::service:
    case ReferenceKind::host_path:
      break;
  }
  return "";
}

}  // namespace

policy::Answer small_engine(const policy::Lookup& lookup) {
  using Kind = policy::Answer::Kind;
  const std::string& name = lookup.name;
  const bool hosted = name == "hosted" || name == hosted_id;
  if (lookup.kind == policy::ReferenceKind::container && hosted) {
    return {Kind::found, container(hosted_id, "host")};
  }
  const bool is_plain = name.find("plain") != std::string::npos || name.empty() ||
                        name.find(plain_id) != std::string::npos;
  std::string document = is_plain ? document_of(lookup.kind) : "";
  if (document.empty()) return {Kind::missing, ""};
  return {Kind::found, std::move(document)};
}

policy::Answers answers_for(const policy::Request& request,
                            const policy::Policy& policy,
                            AnswerTo answer_to) {
  policy::Answers answers;
  while (true) {
    const auto needed = policy::lookups_needed(request, answers, policy);
    if (needed.empty()) return answers;
    for (const policy::Lookup& lookup : needed) answers[lookup] = answer_to(lookup);
  }
}

}  // namespace dockgate::tests
