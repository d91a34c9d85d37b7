// What the Engine is sent: written from what was read and judged, with every container named by
// the full id that was looked up, so that a rename cannot come between.
#include <string>
#include <string_view>

#include "policy/api/schemas.h"
#include "policy/inspected.h"
#include "policy/request.h"
#include "policy/write_target.h"

namespace dockgate::policy {
namespace {

// The full id of the container that `name` was found to be; `name` where nobody looked.
std::string judged_id(const std::string& name, const Answers& answers) {
  const std::string plain = name.compare(0, 1, "/") == 0 ? name.substr(1) : name;
  const auto found = answers.find({ReferenceKind::container, plain});
  if (found == answers.end()) return name;
  const std::string id = id_of(found->second);
  return id.empty() ? name : id;
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

}  // namespace

std::string canonical_target(const Request& request, const Answers& answers) {
  if (answers.empty()) return write_target(request.target);
  Target target = request.target;
  if (target.operation->subject == Subject::judged_container && !target.arguments.empty()) {
    target.arguments.front() = judged_id(target.arguments.front(), answers);
  }
  for (auto& [name, value] : target.query) {
    if (name == "container") value = judged_id(value, answers);
  }
  return write_target(target);
}

std::string canonical_body(const Request& request, const Answers& answers) {
  if (request.body.is(Json::Kind::null)) return "";
  if (answers.empty()) return to_text(request.body);
  Json body = request.body;
  name_containers_by_id(body, answers);
  return to_text(body);
}

}  // namespace dockgate::policy
