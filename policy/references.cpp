#include "policy/references.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/checks/checks.h"
#include "policy/inspected.h"
#include "policy/json.h"
#include "policy/request.h"
#include "policy/strict_json.h"

namespace dockgate::policy {
namespace {

// container -> container whose namespace it shares -> … -> its volumes and networks.
constexpr int reference_depth = 4;

Lookup lookup_of(const Reference& reference) {
  const bool slash = reference.name.compare(0, 1, "/") == 0;  // how inspect writes names
  return {reference.kind, slash ? reference.name.substr(1) : reference.name};
}

// Names as the Engine lets them be given: one path segment, nothing to decode. Link paths, which
// have several, act on another container than they name.
bool is_plain(const Lookup& lookup) {
  if (lookup.kind == ReferenceKind::engine) return true;
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '.' || c == '-';
  };
  return !lookup.name.empty() && lookup.name != "." && lookup.name != ".." &&
         std::all_of(lookup.name.begin(), lookup.name.end(), plain);
}

std::string_view name_of(ReferenceKind kind) {
  switch (kind) {
    case ReferenceKind::container:
      return "container";
    case ReferenceKind::exec:
      return "exec";
    case ReferenceKind::volume:
      return "volume";
    case ReferenceKind::network:
      return "network";
    case ReferenceKind::engine:
      return "engine";
  }
  return "object";
}

const Answer* answer_to(const Lookup& lookup, const Answers& answers) {
  const auto found = answers.find(lookup);
  return found == answers.end() ? nullptr : &found->second;
}

void collect(const Facts& facts, const Answers& answers, int depth, std::vector<Lookup>& needed) {
  if (depth == 0) return;
  for (const Reference& reference : facts.references) {
    const Lookup lookup = lookup_of(reference);
    if (!is_plain(lookup)) continue;
    const Answer* const answer = answer_to(lookup, answers);
    if (answer == nullptr) {
      if (std::find(needed.begin(), needed.end(), lookup) == needed.end()) needed.push_back(lookup);
    } else if (answer->kind == Answer::Kind::found) {
      const auto inner = facts_of(lookup, answer->body);
      if (inner) collect(*inner, answers, depth - 1, needed);
    }
  }
}

// The Engine's own words for what it does not have.
std::string engine_message(const Answer& answer, const Lookup& lookup) {
  const auto body = parse_json(answer.body, "");
  const std::string_view message = body ? string_or(body->find("message"), "") : "";
  if (!message.empty()) return std::string(message);
  return "No such " + std::string(name_of(lookup.kind)) + ": " + lookup.name;
}

class Judging {
 public:
  Judging(const Answers& answers, const Policy& policy) : answers_(answers), policy_(policy) {}

  void check(const Facts& facts, int depth, Reasons& reasons) const {
    for (const Reference& reference : facts.references) check_one(reference, depth, reasons);
  }

 private:
  static constexpr std::string_view unresolved = "reference.unresolved";

  static void add_unresolved(const Reference& reference, std::string why, Reasons& reasons) {
    reasons.add(Refusal::unresolved,
                std::string(unresolved),
                reference.at,
                std::string(name_of(reference.kind)) + " `" + reference.name + "`",
                std::move(why));
  }

  void check_one(const Reference& reference, int depth, Reasons& reasons) const {
    const Lookup lookup = lookup_of(reference);
    if (!is_plain(lookup)) {
      reasons.add(Refusal::malformed,
                  "reference.name",
                  reference.at,
                  reference.name,
                  "name it by its name or id alone");
      return;
    }
    const Answer* const answer = answer_to(lookup, answers_);
    if (answer == nullptr || answer->kind == Answer::Kind::failed) {
      add_unresolved(reference, "the Engine could not be asked about it; try again", reasons);
    } else if (answer->kind == Answer::Kind::missing) {
      check_missing(lookup, *answer, reference, depth, reasons);
    } else {
      check_found(lookup, *answer, reference, depth, reasons);
    }
  }

  // A volume that is not there will be made plain, a network that is not there cannot be joined,
  // and what a container referred to and is gone can be used by nobody.
  void check_missing(const Lookup& lookup,
                     const Answer& answer,
                     const Reference& reference,
                     int depth,
                     Reasons& reasons) const {
    const bool needed =
        lookup.kind == ReferenceKind::container || lookup.kind == ReferenceKind::exec;
    if (!needed || depth != reference_depth) return;
    reasons.add(Refusal::missing,
                "reference.missing",
                reference.at,
                engine_message(answer, lookup),
                "");
  }

  void check_found(const Lookup& lookup,
                   const Answer& answer,
                   const Reference& reference,
                   int depth,
                   Reasons& reasons) const {
    if (lookup.kind == ReferenceKind::engine) return;
    std::optional<Facts> facts = facts_of(lookup, answer.body);
    if (!facts || depth == 0) {
      add_unresolved(reference, "what the Engine says of it cannot be judged", reasons);
      return;
    }
    const Answer* const engine = answer_to({ReferenceKind::engine, ""}, answers_);
    if (engine != nullptr && engine->kind == Answer::Kind::found) {
      forgive_defaults(*facts, engine->body);
    }
    Reasons inner;
    for (const Check check_facts : all_checks) check_facts(*facts, policy_, inner);
    check(*facts, depth - 1, inner);
    add_what_stands_in_the_way(reference, inner, reasons);
  }

  void add_what_stands_in_the_way(const Reference& reference,
                                  const Reasons& inner,
                                  Reasons& reasons) const {
    if (inner.empty()) return;
    std::string why = std::string(name_of(reference.kind)) + " `" + reference.name + "`, which has ";
    for (const Reason& reason : inner.all()) {
      if (&reason != &inner.all().front()) why += ", ";
      why += reason.value + " (" + reason.rule + ")";
    }
    const std::string kind(name_of(reference.kind));
    reasons.add(inner.kind(),
                "reference." + kind,
                reference.at,
                why,
                "use a " + kind + " that policy `" + policy_.name + "` would let be made");
  }

  const Answers& answers_;
  const Policy& policy_;
};

}  // namespace

std::string path_of(const Lookup& lookup) {
  switch (lookup.kind) {
    case ReferenceKind::container:
      return "/containers/" + lookup.name + "/json";
    case ReferenceKind::exec:
      return "/exec/" + lookup.name + "/json";
    case ReferenceKind::volume:
      return "/volumes/" + lookup.name;
    case ReferenceKind::network:
      return "/networks/" + lookup.name;
    case ReferenceKind::engine:
      return "/info";
  }
  return "/info";
}

std::vector<Lookup> lookups_needed(const Request& request, const Answers& answers) {
  std::vector<Lookup> needed;
  collect(request.facts, answers, reference_depth, needed);
  return needed;
}

void check_references(const Facts& facts,
                      const Answers& answers,
                      const Policy& policy,
                      Reasons& reasons) {
  Judging(answers, policy).check(facts, reference_depth, reasons);
}

}  // namespace dockgate::policy
