#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "policy/api/schemas.h"
#include "policy/place.h"
#include "policy/plain_tar.h"
#include "policy/read_body.h"
#include "policy/read_facts/complete_service.h"
#include "policy/request.h"
#include "policy/strict_json.h"

namespace dockgate::policy {
namespace {

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// Whether the member says what the query has said: the Engine reads it there, and only there.
bool repeats_query(const Member& member, const Target& target) {
  const Parameter* const parameter = parameter_named(*target.operation, member.key);
  if (parameter == nullptr) return false;
  const auto& query = target.query;
  return parameter->type == ParameterType::unread ||
         std::any_of(query.begin(), query.end(), [&member](const auto& given) {
           return given.first == member.key;
         });
}

bool repeats_query(const Json& body, const Target& target) {
  return body.is(Json::Kind::object) &&
         std::all_of(body.members.begin(), body.members.end(), [&target](const Member& member) {
           return repeats_query(member, target);
         });
}

// Some clients send `{}`, `null` or the query once more where an operation takes no body; anything
// else is a request that the Engine and dockgate may not agree on, such as the HostConfig that
// `start` once took.
void expect_no_body(std::string_view text, const Target& target, Reasons& reasons) {
  if (is_blank(text)) return;
  const auto body = parse_json(text, "");
  if (body && (body->is_zero() || repeats_query(*body, target))) return;
  reasons.add(Refusal::malformed, "body.unexpected", "", "a body", "this operation takes none");
}

// A reading that failed has no value to go on with.
Json parsed(std::string_view text, Reasons& reasons) {
  auto body = parse_json(text, "");
  if (body) return std::move(*body);
  const Reasons why = body.error();
  for (const Reason& reason : why.all()) {
    reasons.add(why.kind(), reason.rule, reason.at, reason.value, reason.mend);
  }
  return {};
}

// A field that only the query names was meant to be read, and would not be.
void expect_repeated(const Target& target, const Json& body, Reasons& reasons) {
  std::set<std::string> missing = target.repeated;
  for (const Member& member : body.members) missing.erase(member.key);
  for (const std::string& name : missing) {
    reasons.add(Refusal::malformed,
                "query.unknown",
                "?" + name,
                "a field of the body in the query alone",
                "give it in the body");
  }
}

// The body as parsed, without what belongs to the query and stands there too.
Json without_query(Json body, const Target& target, Reasons& reasons) {
  expect_repeated(target, body, reasons);
  const Schema& schema = *target.operation->body.schema;
  auto& members = body.members;
  const auto kept = std::remove_if(members.begin(), members.end(), [&](const Member& member) {
    return repeats_query(member, target) && !has_field(schema, member.key);
  });
  members.erase(kept, members.end());
  return body;
}

Json read_json_body(const Target& target,
                    std::string_view text,
                    Boxed<Facts>& facts,
                    Reasons& reasons) {
  const Place root;
  const Body& expected = target.operation->body;
  switch (expected.kind) {
    case BodyKind::none:
      expect_no_body(text, target, reasons);
      return {};
    case BodyKind::json: {
      const bool absent = expected.presence == Presence::optional && is_blank(text);
      Json body = without_query(absent ? Json() : parsed(text, reasons), target, reasons);
      if (absent) return {};
      return read_body(*expected.schema, std::move(body), root, facts.change(), reasons);
    }
    case BodyKind::tar:
    case BodyKind::stream:
      return {};
  }
  return {};
}

// A document is read along its schema like a body, and goes on as it was read.
void read_parameters(Target& target, Boxed<Facts>& facts, Reasons& reasons) {
  for (auto& [name, text] : target.query) {
    const Parameter* const parameter = parameter_named(*target.operation, name);
    if (parameter == nullptr) continue;
    const std::string at = "?" + name;
    if (parameter->document != nullptr) {
      const Json document = read_body(
          *parameter->document, parsed(text, reasons), Place(at), facts.change(), reasons);
      text = to_text(document);
    } else if (parameter->reads != safe) {
      parameter->reads(Json::of_string(text), Place(at), facts.change());
    }
  }
}

// Objects that the path names and that are judged before they are used.
void read_subject(const Target& target, Boxed<Facts>& facts) {
  if (target.operation->subject == Subject::new_plugin) {
    facts.change().plugin_create = Asked{"a plugin of the client's own", ""};
  }
  if (target.arguments.empty()) return;
  const std::string& name = target.arguments.front();
  const auto refer = [&facts](Reference reference) {
    facts.change().references.push_back(std::move(reference));
  };
  switch (target.operation->subject) {
    case Subject::judged_container:
      refer({ReferenceKind::container, name, ""});
      return;
    case Subject::updated_container:
      refer({ReferenceKind::container, name, "", Use::updated});
      return;
    case Subject::named_container:
      refer({ReferenceKind::container, name, "", Use::named});
      return;
    case Subject::judged_image:
      refer({ReferenceKind::image, name, ""});
      return;
    case Subject::judged_exec:
      refer({ReferenceKind::exec, name, ""});
      return;
    case Subject::attached_network:
      refer({ReferenceKind::network, name, "", Use::attached});
      return;
    case Subject::service:
      if (facts->rollback) refer({ReferenceKind::service, name, "?rollback"});
      return;
    case Subject::plugin:
      facts.change().plugin_names.push_back({name, ""});
      return;
    case Subject::new_plugin:
    case Subject::none:
    case Subject::container:
    case Subject::image:
    case Subject::named_image:
    case Subject::network:
    case Subject::volume:
    case Subject::other:
      return;
  }
}

bool has_network(const Facts& facts) {
  for (const Namespace& asked : facts.namespaces) {
    if (asked.kind == NamespaceKind::network) return true;
  }
  return false;
}

void complete_network(std::string at, Facts& facts) {
  if (has_network(facts)) return;
  facts.namespaces.push_back({NamespaceKind::network, "bridge", std::move(at)});
}

// What the facts describe, and what follows from what was not said: containers and builds without
// a network mode are on the bridge, a login without an address is Docker Hub's, and a swarm
// without one listens on all.
void complete(const Target& target, Boxed<Facts>& boxed) {
  const Schema* const schema = target.operation->body.schema;
  if (schema == nullptr && boxed->of == Facts::Of::other) return;
  Facts& facts = boxed.change();
  if (schema == &container_create_schema) {
    facts.of = Facts::Of::container;
    complete_network("/HostConfig/NetworkMode", facts);
  } else if (facts.of == Facts::Of::build) {
    complete_network("?networkmode", facts);
  } else if (schema == &auth_config_schema) {
    if (!facts.registries.empty() || !facts.odd_registries.empty()) return;
    facts.registries.push_back({"docker.io", "/serveraddress"});
  } else if (schema == &exec_create_schema) {
    facts.of = Facts::Of::exec;
  } else if (schema == &service_spec_schema) {
    complete_service(target.version, facts);
  } else if (schema == &swarm_init_schema || schema == &swarm_join_schema) {
    if (!facts.listen_addr) facts.listen_addr = Asked{"0.0.0.0:2377", "/ListenAddr"};
  }
}

}  // namespace

void read_archive_start(std::string_view start, Request& request) {
  if (is_plain_tar(start)) return;
  request.facts.change().odd_archive = Asked{"an archive that is not a plain tar", ""};
}

Result<Request, Reasons> read_request(Target target, std::string_view body) {
  Request request{.target = std::move(target), .body = {}, .facts = {}, .edits = {}};
  const Operation& operation = *request.target.operation;
  Reasons reasons;
  request.body = read_json_body(request.target, body, request.facts, reasons);
  read_parameters(request.target, request.facts, reasons);
  if (operation.reads != nullptr) {
    operation.reads(request.target, request.facts.change(), reasons);
  }
  if (!reasons.empty()) return reasons;
  read_subject(request.target, request.facts);
  complete(request.target, request.facts);
  return request;
}

}  // namespace dockgate::policy
