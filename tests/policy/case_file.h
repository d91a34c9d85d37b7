// Policy behaviour as data: tests/cases/*.yaml, a file a danger.
//
//   - name: a sentence
//     policy: { …a policy, or the name of a preset… }
//     request: { operation: ContainerCreate, body: { … } }      # or `target:`, `raw:`, `archive:`
//     engine: { containers/web: { …inspect… }, volumes/v: missing }
//     allow: true                                                # or
//     refuse: [{ rule: container.pid, at: /HostConfig/PidMode }]
//     forwards: { … }                                            # the canonical body, as YAML
//     warns: [{ rule: … }]                                       # allowed by `mode: warn`
//
// A row with `each:` stands for two cases of every operation it lists: a policy that allows that
// operation alone allows it, and one that allows none refuses it.
//
//   - name: a sentence
//     each: [SystemPing, ContainerStop]
//     engine: { … }
//
// Rules and pointers are pinned, wording is not, but where a reason has a `value`. A case that
// refuses names all its reasons.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "policy/lookups.h"

namespace dockgate::tests {

struct ExpectedReason {
  std::string rule;
  std::string at;
  std::string value = {};  // "": any

  friend bool operator==(const ExpectedReason&, const ExpectedReason&) = default;
  friend auto operator<=>(const ExpectedReason&, const ExpectedReason&) = default;
};

struct Case {
  std::string file;  // without its extension
  int line = 0;
  std::string name;
  std::string policy;  // YAML
  std::string method;
  std::string target;
  std::string body;
  std::optional<std::string> archive;     // the beginning of a streamed body
  std::optional<std::string> dockerfile;  // of a build's context
  policy::Answers engine;
  std::vector<std::string> guards;   // paths of dockgate's own, as a configuration names them
  std::vector<std::string> sockets;  // of runtimes, likewise
  bool allowed = false;
  std::vector<ExpectedReason> reasons;  // sorted
  std::optional<std::string> forwards;  // canonical JSON
  std::optional<std::string> forwards_target;
  std::optional<std::string> forwards_dockerfile;
};

// Every case of every file in the folder; throws with the file's name where one cannot be read.
// `name` may be the name of one test, `FILE_LINE_…`: then only that file is read.
std::vector<Case> load_cases(const std::string& folder, const std::string& name = "");

void PrintTo(const Case& one, std::ostream* out);

}  // namespace dockgate::tests
