// What the Engine is sent: written from what was read and judged, with every container and network
// named by the full id that was looked up, so that a rename cannot come between.
#include <stdexcept>
#include <string>
#include <string_view>

#include "policy/api/schemas.h"
#include "policy/bind_source.h"
#include "policy/image_reference.h"
#include "policy/inspected.h"
#include "policy/request.h"
#include "policy/write_target.h"

namespace dockgate::policy {
namespace {

// The full id of the object that `name` was found to be; `name` where nobody looked.
std::string judged_id(ReferenceKind kind, const std::string& name, const Answers& answers) {
  const bool slash = kind == ReferenceKind::container && name.compare(0, 1, "/") == 0;
  const std::string plain = slash ? name.substr(1) : name;
  const auto found = answers.find({kind, plain});
  if (found == answers.end()) return name;
  const std::string id = id_of(found->second);
  return id.empty() ? name : id;
}

std::string judged_id(const std::string& name, const Answers& answers) {
  return judged_id(ReferenceKind::container, name, answers);
}

void name_by_id(Json* value, const Answers& answers) {
  if (value != nullptr && value->is(Json::Kind::string)) {
    value->text = judged_id(value->text, answers);
  }
}

// `container:web` -> `container:ID`
void name_namespace_by_id(Json* mode, const Answers& answers) {
  constexpr std::string_view prefix = "container:";
  if (mode == nullptr || mode->text.compare(0, prefix.size(), prefix) != 0) return;
  mode->text = std::string(prefix) + judged_id(mode->text.substr(prefix.size()), answers);
}

// `web:ro` -> `ID:ro`
void name_volumes_from_by_id(Json* list, const Answers& answers) {
  if (list == nullptr) return;
  for (Json& item : list->items) {
    const std::size_t colon = item.text.find(':');
    const std::string mode = colon == std::string::npos ? "" : item.text.substr(colon);
    item.text = judged_id(item.text.substr(0, colon), answers) + mode;
  }
}

// `db:alias` -> `ID:alias`; without an alias the name is the alias.
void name_links_by_id(Json* list, const Answers& answers) {
  if (list == nullptr) return;
  for (Json& item : list->items) {
    const std::size_t colon = item.text.find(':');
    const std::string name = item.text.substr(0, colon);
    const std::string id = judged_id(name, answers);
    if (id == name) continue;
    item.text = id + (colon == std::string::npos ? ":" + name : item.text.substr(colon));
  }
}

// A network's name in its place: HostConfig.NetworkMode, and the keys of EndpointsConfig. The
// Engine takes an id in both, and notes the network's name.
void name_networks_by_id(Json& body, const Answers& answers) {
  if (Json* const mode = value_at(body, "/HostConfig/NetworkMode")) {
    mode->text = judged_id(ReferenceKind::network, mode->text, answers);
  }
  Json* const endpoints = value_at(body, "/NetworkingConfig/EndpointsConfig");
  if (endpoints == nullptr) return;
  for (Member& endpoint : endpoints->members) {
    endpoint.key = judged_id(ReferenceKind::network, endpoint.key, answers);
  }
}

bool holds_endpoints(const Json& body) {
  const Json* const networking = body.find("NetworkingConfig");
  const Json* const endpoints =
      networking == nullptr ? nullptr : networking->find("EndpointsConfig");
  return body.find("EndpointConfig") != nullptr ||
         (endpoints != nullptr && !endpoints->members.empty());
}

// An id beside a network's name would be taken in its place; what was judged is the name's.
void drop_network_ids(Json& body) {
  if (Json* const endpoint = body.find("EndpointConfig")) endpoint->erase("NetworkID");
  Json* const endpoints = value_at(body, "/NetworkingConfig/EndpointsConfig");
  if (endpoints == nullptr) return;
  for (Member& endpoint : endpoints->members) endpoint.value.erase("NetworkID");
}

// The networks of a service.
void name_targets_by_id(Json* networks, const Answers& answers) {
  if (networks == nullptr) return;
  for (Json& network : networks->items) {
    Json* const target = network.find("Target");
    if (target != nullptr) {
      target->text = judged_id(ReferenceKind::network, target->text, answers);
    }
  }
}

// A source where it was found to lead, so that a link which is planted meanwhile is not followed.
void write_followed_paths(const Facts& facts, const Answers& answers, Json& body) {
  for (const BindMount& bind : facts.bind_mounts) {
    const auto found = answers.find({ReferenceKind::host_path, bind.source});
    if (found == answers.end() || found->second.kind != Answer::Kind::found) continue;
    const std::string end = WayOnHost::of_text(found->second.body).end;
    // No request's mistake: what was judged and what would be sent differ.
    if (!write_bind_source(body, bind, end)) throw std::logic_error("no such bind: " + bind.at);
  }
}

void name_containers_by_id(Json& body, const Answers& answers) {
  name_by_id(body.find("Container"), answers);
  if (Json* const endpoint = body.find("EndpointConfig")) {
    name_links_by_id(endpoint->find("Links"), answers);
  }
  if (Json* const networking = body.find("NetworkingConfig")) {
    if (Json* const endpoints = networking->find("EndpointsConfig")) {
      for (Member& member : endpoints->members) {
        name_links_by_id(member.value.find("Links"), answers);
      }
    }
  }
  Json* const host_config = body.find("HostConfig");
  if (host_config == nullptr) return;
  for (const std::string_view key : {"NetworkMode", "PidMode", "IpcMode"}) {
    name_namespace_by_id(host_config->find(key), answers);
  }
  name_volumes_from_by_id(host_config->find("VolumesFrom"), answers);
  name_links_by_id(host_config->find("Links"), answers);
}

void name_subject_by_id(Target& target, const Answers& answers) {
  std::string& name = target.arguments.front();
  switch (target.operation->subject) {
    case Subject::judged_container:
    case Subject::updated_container:
    case Subject::named_container:
      name = judged_id(name, answers);
      return;
    case Subject::attached_network:
      name = judged_id(ReferenceKind::network, name, answers);
      return;
    case Subject::judged_image:
      name = judged_id(ReferenceKind::image, name, answers);
      return;
    case Subject::service:
      name = judged_id(ReferenceKind::service, name, answers);
      return;
    case Subject::plugin:
    case Subject::new_plugin:
    case Subject::none:
    case Subject::container:
    case Subject::judged_exec:
    case Subject::image:
    case Subject::named_image:
    case Subject::network:
    case Subject::volume:
    case Subject::other:
      return;
  }
}

// The name of an image in the one spelling that was judged: `alpine` is docker.io/library/alpine.
std::string judged_reference(const std::string& name) {
  // The Engine takes a colon at the end for none.
  const bool open = !name.empty() && name.back() == ':';
  const auto reference = parse_reference(open ? name.substr(0, name.size() - 1) : name);
  return reference ? reference->text() : name;
}

bool names_image(const Target& target, std::string_view parameter) {
  const Parameter* const known = parameter_named(*target.operation, parameter);
  return known != nullptr &&
         (known->type == ParameterType::image_name || known->type == ParameterType::image_names);
}

void name_images_as_judged(Target& target) {
  for (auto& [name, value] : target.query) {
    if (names_image(target, name)) value = judged_reference(value);
  }
  if (target.operation->subject == Subject::named_image) {
    target.arguments.front() = judged_reference(target.arguments.front());
  }
}

}  // namespace

std::string canonical_target(const Request& request, const Answers& answers) {
  const bool is_bare = request.target.arguments.empty() && request.target.query.empty();
  if (is_bare) return write_target(request.target);
  Target target = request.target;
  name_images_as_judged(target);
  if (answers.empty()) return write_target(target);
  if (!target.arguments.empty()) name_subject_by_id(target, answers);
  for (auto& [name, value] : target.query) {
    if (name == "container") value = judged_id(value, answers);
    if (name != "networkmode") continue;
    Json mode = Json::of_string(value);
    name_namespace_by_id(&mode, answers);
    value = judged_id(ReferenceKind::network, mode.text, answers);
  }
  return write_target(target);
}

std::string canonical_body(const Request& request, const Answers& answers) {
  if (request.body.is(Json::Kind::null)) return "";
  if (answers.empty() && !holds_endpoints(request.body)) return to_text(request.body);
  Json body = request.body;
  drop_network_ids(body);
  if (request.target.operation->body.schema == &service_spec_schema) {
    name_targets_by_id(value_at(body, "/Networks"), answers);
    name_targets_by_id(value_at(body, "/TaskTemplate/Networks"), answers);
  } else {
    name_containers_by_id(body, answers);
    name_networks_by_id(body, answers);
  }
  write_followed_paths(*request.facts, answers, body);
  return to_text(body);
}

}  // namespace dockgate::policy
