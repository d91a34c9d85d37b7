#include "policy/build/read_build.h"

#include <algorithm>
#include <utility>

#include "policy/build/dockerfile.h"
#include "policy/build/dockerfile_words.h"
#include "policy/image_reference.h"
#include "policy/inspected.h"
#include "policy/needed_references.h"
#include "policy/strict_json.h"

namespace dockgate::policy {
namespace {

// Those without a value are taken from the Engine's environment, which has none for them.
BuildArguments arguments_of(const Target& target) {
  BuildArguments out;
  const auto document = parse_json(value_of(target, "buildargs"), "");
  if (!document) return out;
  for (const Member& member : document->members) {
    if (member.value.is(Json::Kind::string)) out[member.key] = member.value.text;
  }
  return out;
}

void read_instruction(const Instruction& instruction, const std::string& at, Facts& facts) {
  if (instruction.keyword == "RUN" && !facts.build_run) facts.build_run = Asked{"RUN", at};
  for (const std::string& source : instruction.sources) {
    if (may_be_fetched(source)) facts.fetches.push_back({shown_address(source), at});
  }
}

// The image that was judged, by its id; by its name where `mode: warn` lets pass what was not.
std::string judged_id(const Lookup& judged, const Answers& answers) {
  const auto found = answers.find(judged);
  const std::string id = found == answers.end() ? "" : id_of(found->second);
  return id.empty() ? judged.name : id;
}

// Names that cannot be told for certain count as the worst.
void read_hook_variables(const Instruction& instruction, const std::string& at, Facts& facts) {
  constexpr std::string_view marks = "_.-";
  const auto is_name = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  };
  if (instruction.keyword != "ENV" && instruction.keyword != "ARG") return;
  std::string_view rest = instruction.text;
  // Of a Dockerfile's trigger the text has ONBUILD before it, of an image's it has not.
  if (take_word(rest).size() != instruction.keyword.size()) take_word(rest);
  for (bool first = true; !rest.empty(); first = false) {
    const std::string_view word = take_word(rest);
    const std::string_view name = word.substr(0, word.find('='));
    // The builder ends a word at blanks beyond ASCII too.
    const bool ascii = std::all_of(
        word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    const bool a_value = name.size() == word.size() && !first && instruction.keyword == "ENV";
    if (a_value && ascii) continue;
    const bool plain = ascii && std::all_of(name.begin(), name.end(), is_name);
    if (plain && !reaches_hooks(name)) continue;
    facts.hook_variables.push_back({plain ? std::string(name) : "a name that is put together", at});
  }
}

std::string platform_of(const Instruction& instruction, const Target& target) {
  return instruction.platform.empty() ? std::string(value_of(target, "platform"))
                                      : instruction.platform;
}

}  // namespace

bool reads_context(const Request& request, const Policy& policy) {
  const Facts& facts = *request.facts;
  return facts.of == Facts::Of::build && !policy.build.dockerfile && !facts.buildkit &&
         !facts.build_remote;
}

Result<void, Reasons> read_build_dockerfile(std::string_view text, Request& request) {
  auto read = read_dockerfile(text, arguments_of(request.target));
  if (!read) {
    const DockerfileProblem problem = read.error();
    Reasons reasons;
    reasons.add(Refusal::malformed,
                "build.dockerfile",
                "Dockerfile:" + std::to_string(problem.line),
                problem.what,
                "write it in the classic builder's terms");
    return reasons;
  }
  request.dockerfile = std::move(*read);
  Facts& facts = request.facts.change();
  for (const Instruction& instruction : request.dockerfile) {
    const std::string at = "Dockerfile:" + std::to_string(instruction.line);
    read_instruction(instruction, at, facts);
    read_hook_variables(instruction, at, facts);
    if (instruction.image.empty()) continue;
    facts.references.push_back({ReferenceKind::image,
                                instruction.image,
                                at,
                                Use::base,
                                platform_of(instruction, request.target)});
  }
  if (!facts.build_run) facts.hook_variables.clear();
  return {};
}

std::string canonical_dockerfile(const Request& request,
                                 const Answers& answers,
                                 const Policy& policy) {
  std::string out;
  for (const Instruction& instruction : request.dockerfile) {
    std::string line = instruction.text;
    if (!instruction.image.empty()) {
      const Lookup judged{kind_of_base(instruction.image, *request.facts, policy),
                          instruction.image,
                          platform_of(instruction, request.target)};
      line.insert(instruction.image_at, judged_id(judged, answers));
    }
    out += line + '\n';
  }
  return out;
}

// What it copies from is named in the image, and stays that name.
void read_build_trigger(std::string_view text, const std::string& at, Facts& facts) {
  const auto trigger = read_trigger(text);
  if (!trigger) {
    const DockerfileProblem problem = trigger.error();
    facts.odd_triggers.push_back({"a trigger of which " + problem.what, at});
    return;
  }
  read_instruction(*trigger, at, facts);
  read_hook_variables(*trigger, at, facts);
  if (trigger->image.empty()) return;
  const auto reference = parse_reference(trigger->image);
  if (!reference || !id_in_its_way(*reference).empty()) {
    facts.odd_triggers.push_back({"a trigger that copies from what may be an id", at});
    return;
  }
  facts.pulls.push_back({reference->text(), at});
}

}  // namespace dockgate::policy
