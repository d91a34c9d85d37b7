#include "policy/references.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/checks/checks.h"
#include "policy/image_reference.h"
#include "policy/inspected.h"
#include "policy/json.h"
#include "policy/needed_references.h"
#include "policy/strict_json.h"

namespace dockgate::policy {
namespace {

// container -> container whose namespace it shares -> … -> its volumes and networks.
constexpr int reference_depth = 4;

Lookup lookup_of(const Reference& reference) {
  // How inspect writes the names of containers.
  const bool slash =
      reference.kind == ReferenceKind::container && reference.name.compare(0, 1, "/") == 0;
  return {reference.kind, slash ? reference.name.substr(1) : reference.name, reference.platform};
}

bool is_image(ReferenceKind kind) {
  return kind == ReferenceKind::image || kind == ReferenceKind::pulled_image ||
         kind == ReferenceKind::newest_image;
}

// Names as the Engine lets them be given: one path segment, nothing to decode. Link paths, which
// have several, act on another container than they name.
bool is_plain(const Lookup& lookup) {
  if (lookup.kind == ReferenceKind::engine || lookup.kind == ReferenceKind::host_path) return true;
  if (is_image(lookup.kind)) {
    return is_image_id(lookup.name) || reads_as_id(lookup.name) ||
           parse_reference(lookup.name).has_value();
  }
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
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
    case ReferenceKind::image:
    case ReferenceKind::pulled_image:
    case ReferenceKind::newest_image:
      return "image";
    case ReferenceKind::service:
      return "service";
    case ReferenceKind::host_path:
      return "path";
    case ReferenceKind::engine:
      return "engine";
  }
  return "object";
}

bool is_judged(const Reference& reference) {
  return reference.use == Use::judged || reference.use == Use::joined ||
         reference.use == Use::attached || reference.use == Use::updated;
}

const Answer* answer_to(const Lookup& lookup, const Answers& answers) {
  const auto found = answers.find(lookup);
  return found == answers.end() ? nullptr : &found->second;
}

void collect(const Facts& facts,
             const Answers& answers,
             const Policy& policy,
             int depth,
             std::vector<Lookup>& needed) {
  if (depth == 0) return;
  const std::optional<Facts> told = informed(facts, answers, policy);
  for (const Reference& reference : needed_references(told ? *told : facts, policy)) {
    const Lookup lookup = lookup_of(reference);
    if (!is_plain(lookup)) continue;
    const Answer* const answer = answer_to(lookup, answers);
    if (answer == nullptr) {
      if (std::find(needed.begin(), needed.end(), lookup) == needed.end()) needed.push_back(lookup);
    } else if (answer->kind == Answer::Kind::found && is_judged(reference)) {
      const auto inner = facts_of(lookup, *answer);
      if (inner) collect(*inner, answers, policy, depth - 1, needed);
    }
  }
}

// The Engine's own words for what it does not have.
std::string engine_message(const Answer& answer, const Lookup& lookup) {
  const Json* const body = answer.document();
  const std::string_view message = body != nullptr ? string_or(body->find("message"), "") : "";
  if (!message.empty()) return std::string(message);
  return "No such " + std::string(name_of(lookup.kind)) + ": " + lookup.name;
}

class Judging {
 public:
  Judging(const Request& request, const Answers& answers, const Policy& policy)
      : request_(request), answers_(answers), policy_(policy) {}

  void check(const Facts& facts, int depth, Reasons& reasons) const {
    for (const Reference& reference : needed_references(facts, policy_)) {
      check_one(reference, facts, depth, reasons);
    }
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

  void check_one(const Reference& reference, const Facts& user, int depth, Reasons& reasons) const {
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
    if (reference.use == Use::told) return;
    if (answer == nullptr || answer->kind == Answer::Kind::failed) {
      add_unresolved(reference, "the Engine could not be asked about it; try again", reasons);
    } else if (answer->kind == Answer::Kind::missing) {
      check_missing(lookup, *answer, reference, depth, reasons);
    } else {
      check_found(lookup, *answer, reference, user, depth, reasons);
    }
  }

  // A volume that is not there will be made plain, and what a container referred to and is gone can
  // be used by nobody. The nodes of a swarm may find a network that the Engine does not.
  void check_missing(const Lookup& lookup,
                     const Answer& answer,
                     const Reference& reference,
                     int depth,
                     Reasons& reasons) const {
    if (reference.use == Use::attached && depth == reference_depth) {
      check_name_to_be(reference, reasons);
    }
    if (reference.use == Use::base && lookup.kind == ReferenceKind::image) {
      reasons.add("image.pull",
                  reference.at,
                  reference.name,
                  "the Engine has no such image, and policy `" + policy_.name +
                      "` does not let it be pulled");
      return;
    }
    const bool needed = lookup.kind == ReferenceKind::container ||
                        lookup.kind == ReferenceKind::exec || is_image(lookup.kind) ||
                        lookup.kind == ReferenceKind::service;
    const bool asked_for = needed && depth == reference_depth && reference.use != Use::absent;
    if (!asked_for && reference.use != Use::joined) return;
    reasons.add(
        Refusal::missing, "reference.missing", reference.at, engine_message(answer, lookup), "");
  }

  // The Engine lets a container that does not run wait for a network by its name.
  void check_name_to_be(const Reference& reference, Reasons& reasons) const {
    Facts facts;
    facts.networks.push_back({reference.name, ""});
    Reasons inner;
    check_namespaces(facts, policy_, inner);
    add_what_stands_in_the_way(reference, inner, reasons);
  }

  void check_found(const Lookup& lookup,
                   const Answer& answer,
                   const Reference& reference,
                   const Facts& user,
                   int depth,
                   Reasons& reasons) const {
    if (lookup.kind == ReferenceKind::engine || lookup.kind == ReferenceKind::host_path) return;
    if (reference.use == Use::named) return;
    if (reference.use == Use::absent) return check_absent(lookup, answer, reference, reasons);
    if (reference.use == Use::base) return check_base(answer, reference, user, reasons);
    std::optional<Facts> facts = reference.use == Use::updated
                                     ? facts_of_updated(answer, request_.body)
                                     : facts_of(lookup, answer);
    if (!facts || depth == 0) {
      add_unresolved(reference, "what the Engine says of it cannot be judged", reasons);
      return;
    }
    const bool by_name = reference.use == Use::joined || reference.use == Use::attached;
    if (by_name) facts->networks.push_back({name_of(answer), "/Name"});
    check_version(user, *facts, reasons);
    const Answer* const engine = answer_to({ReferenceKind::engine, ""}, answers_);
    if (engine != nullptr && engine->kind == Answer::Kind::found) {
      forgive_defaults(*facts, *engine);
    }
    const std::optional<Facts> more = informed(*facts, answers_, policy_);
    const Facts& told = more ? *more : *facts;
    Reasons inner;
    for (const Check check_facts : all_checks) check_facts(told, policy_, inner);
    check(told, depth - 1, inner);
    add_what_stands_in_the_way(reference, inner, reasons);
  }

  // Where it comes from, and what it has the build do.
  void check_base(const Answer& answer,
                  const Reference& reference,
                  const Facts& user,
                  Reasons& reasons) const {
    std::optional<Facts> facts = facts_of_base(answer, reference.platform);
    if (!facts) {
      return add_unresolved(reference, "what the Engine says of it cannot be judged", reasons);
    }
    const Answer* const engine = answer_to({ReferenceKind::engine, ""}, answers_);
    if (engine != nullptr) read_engine(*engine, *facts);
    if (!user.build_run && !facts->build_run) facts->hook_variables.clear();
    Reasons inner;
    if (!policy_.build.base_images) check_images(*facts, policy_, inner);
    check_builds(*facts, policy_, inner);
    add_what_stands_in_the_way(reference, inner, reasons);
  }

  // A name that an id begins with would from then on mean the newcomer.
  static void check_absent(const Lookup& lookup,
                           const Answer& answer,
                           const Reference& reference,
                           Reasons& reasons) {
    if (!is_known_by_id(lookup, answer)) return;
    reasons.add(std::string(name_of(lookup.kind)) + ".name",
                reference.at,
                lookup.name,
                "choose a name that is not the beginning of another's id");
  }

  // The Engine takes an update only of the version that the request names: when that is the one
  // that was judged, nothing can come between.
  static void check_version(const Facts& user, const Facts& service, Reasons& reasons) {
    if (!service.service_version) return;
    if (user.service_version && user.service_version->value == service.service_version->value) {
      return;
    }
    reasons.add("service.version",
                "?version",
                user.service_version ? std::to_string(user.service_version->value) : "no version",
                "look at the service again, it is at version " +
                    std::to_string(service.service_version->value));
  }

  void add_what_stands_in_the_way(const Reference& reference,
                                  const Reasons& inner,
                                  Reasons& reasons) const {
    if (inner.empty()) return;
    std::string why =
        std::string(name_of(reference.kind)) + " `" + reference.name + "`, which has ";
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

  const Request& request_;
  const Answers& answers_;
  const Policy& policy_;
};

// Whether an answer may tell more than that what it is about is there.
bool tells(const Answers::value_type& answer) {
  const ReferenceKind kind = answer.first.kind;
  return kind == ReferenceKind::host_path || kind == ReferenceKind::engine ||
         kind == ReferenceKind::image;
}

void add_what_is_told(const std::vector<Reference>& references,
                      const Answers& answers,
                      Facts& told) {
  for (const Reference& reference : references) {
    const Answer* const answer = answer_to(lookup_of(reference), answers);
    if (answer == nullptr || answer->kind != Answer::Kind::found) continue;
    if (reference.kind == ReferenceKind::host_path) {
      told.host_paths[reference.name] = WayOnHost::of_text(answer->body);
    } else if (reference.kind == ReferenceKind::engine) {
      read_engine(*answer, told);
    } else if (reference.kind == ReferenceKind::image && reference.use != Use::base && !told.user) {
      read_image_user(*answer, reference.at, told);
    }
  }
}

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
    case ReferenceKind::image:
    case ReferenceKind::pulled_image:
    case ReferenceKind::newest_image:
      return "/images/" + lookup.name + "/json";
    case ReferenceKind::service:
      return "/services/" + lookup.name;
    case ReferenceKind::host_path:
    case ReferenceKind::engine:
      return "/info";
  }
  return "/info";
}

std::vector<Lookup> lookups_needed(const Request& request,
                                   const Answers& answers,
                                   const Policy& policy) {
  std::vector<Lookup> needed;
  collect(*request.facts, answers, policy, reference_depth, needed);
  return needed;
}

void check_references(const Request& request,
                      const Answers& answers,
                      const Policy& policy,
                      Reasons& reasons) {
  Judging(request, answers, policy).check(*request.facts, reference_depth, reasons);
}

std::optional<Facts> informed(const Facts& facts, const Answers& answers, const Policy& policy) {
  if (std::none_of(answers.begin(), answers.end(), tells)) return std::nullopt;
  Facts told = facts;
  const std::vector<Reference> first = needed_references(facts, policy);
  add_what_is_told(first, answers, told);
  // What the Engine says of itself may name another path of the host.
  const std::vector<Reference> all = needed_references(told, policy);
  if (all.size() != first.size()) add_what_is_told(all, answers, told);
  return told;
}

}  // namespace dockgate::policy
