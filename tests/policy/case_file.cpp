#include "tests/policy/case_file.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "policy/api/operations.h"
#include "policy/api/schema.h"
#include "policy/json.h"

namespace dockgate::tests {
namespace {

using policy::Json;

bool is_plain_number(const std::string& text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789", text[0] == '-' ? 1 : 0) == std::string::npos;
}

// Quoted scalars are strings; plain ones are what JSON would call them.
Json json_of(const YAML::Node& node) {
  if (node.IsNull()) return {};
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const YAML::Node& item : node) list.items.push_back(json_of(item));
    return list;
  }
  if (node.IsMap()) {
    Json object = Json::object();
    for (const auto& pair : node) object.add(pair.first.Scalar(), json_of(pair.second));
    return object;
  }
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return Json::of_string(text);
  if (text == "true" || text == "false") return Json::of_boolean(text == "true");
  return is_plain_number(text) ? Json::of_number(text) : Json::of_string(text);
}

std::string text_or(const YAML::Node& node, const char* key, const std::string& otherwise) {
  return node[key] ? node[key].Scalar() : otherwise;
}

// The row's path with `x` for its arguments: what a case that names an operation alone asks for.
std::string target_of(const policy::Operation& operation) {
  std::string path(operation.path);
  while (path.find('{') != std::string::npos) {
    const std::size_t open = path.find('{');
    path.replace(open, path.find('}') - open + 1, "x");
  }
  return path;
}

void read_request(const YAML::Node& node, Case& out) {
  const std::string id = text_or(node, "operation", "");
  if (const policy::Operation* const operation = policy::operation_named(id)) {
    out.method = policy::name_of(operation->method);
    out.target = target_of(*operation);
  } else if (!id.empty()) {
    throw std::runtime_error("no operation " + id);
  }
  out.method = text_or(node, "method", out.method);
  out.target = text_or(node, "target", out.target);
  out.target += text_or(node, "query", "");
  if (node["body"]) out.body = policy::to_text(json_of(node["body"]));
  if (node["raw"]) out.body = node["raw"].Scalar();
  if (node["archive"]) out.archive = node["archive"].Scalar();
  if (node["dockerfile"]) out.dockerfile = node["dockerfile"].Scalar();
}

policy::Lookup lookup_named(const std::string& path) {
  const std::size_t slash = path.find('/');
  const std::string kind = path.substr(0, slash);
  const std::string name = slash == std::string::npos ? "" : path.substr(slash + 1);
  if (kind == "containers") return {policy::ReferenceKind::container, name};
  if (kind == "exec") return {policy::ReferenceKind::exec, name};
  if (kind == "volumes") return {policy::ReferenceKind::volume, name};
  if (kind == "networks") return {policy::ReferenceKind::network, name};
  if (kind == "images") return {policy::ReferenceKind::image, name};
  // `pulled/alpine linux/arm64`: for that platform.
  const std::size_t blank = std::min(name.find(' '), name.size());
  const std::string image = name.substr(0, blank);
  const std::string platform = name.substr(std::min(blank + 1, name.size()));
  if (kind == "pulled") return {policy::ReferenceKind::pulled_image, image, platform};
  if (kind == "newest") return {policy::ReferenceKind::newest_image, image, platform};
  if (kind == "path") return {policy::ReferenceKind::host_path, path.substr(4)};
  if (kind == "services") return {policy::ReferenceKind::service, name};
  if (kind == "info") return {policy::ReferenceKind::engine, ""};
  throw std::runtime_error("the engine has no `" + kind + "`");
}

policy::Answer answer_of(const YAML::Node& node) {
  using Kind = policy::Answer::Kind;
  if (node.IsScalar() && node.Scalar() == "missing") {
    return {Kind::missing, R"({"message":"No such object"})"};
  }
  if (node.IsScalar() && node.Scalar() == "fails") return {Kind::failed, ""};
  if (node.IsScalar()) return {Kind::found, node.Scalar()};  // where a path leads
  if (node.IsSequence()) {                                   // the same, and the places on the way
    policy::WayOnHost way{.end = node[0].Scalar()};
    for (std::size_t i = 1; i < node.size(); ++i) way.places.push_back(node[i].Scalar());
    return {Kind::found, way.text()};
  }
  return {Kind::found, policy::to_text(json_of(node))};
}

std::vector<ExpectedReason> reasons_of(const YAML::Node& list) {
  std::vector<ExpectedReason> reasons;
  for (const YAML::Node& item : list) {
    reasons.push_back({item["rule"].Scalar(), text_or(item, "at", ""), text_or(item, "value", "")});
  }
  std::sort(reasons.begin(), reasons.end());
  return reasons;
}

void check_keys(const YAML::Node& node) {
  const char* const known[] = {"name",
                               "policy",
                               "request",
                               "engine",
                               "guards",
                               "sockets",
                               "allow",
                               "refuse",
                               "warns",
                               "forwards",
                               "forwards_dockerfile",
                               "forwards_target"};
  for (const auto& pair : node) {
    const bool is_known = std::any_of(std::begin(known), std::end(known), [&](const char* key) {
      return pair.first.Scalar() == key;
    });
    if (!is_known) throw std::runtime_error("unknown key " + pair.first.Scalar());
  }
  const int outcomes = (node["allow"] ? 1 : 0) + (node["refuse"] ? 1 : 0) + (node["warns"] ? 1 : 0);
  if (outcomes != 1) throw std::runtime_error("one of allow, refuse, warns");
}

void read_engine(const YAML::Node& node, Case& out) {
  for (const auto& pair : node) {
    out.engine[lookup_named(pair.first.Scalar())] = answer_of(pair.second);
  }
}

Case case_of(const YAML::Node& node, const std::string& file) {
  Case out;
  out.file = file;
  out.line = node.Mark().line + 1;
  check_keys(node);
  out.name = node["name"].Scalar();
  const YAML::Node policy = node["policy"];
  out.policy = !policy             ? "extends: baseline"
               : policy.IsScalar() ? "extends: " + policy.Scalar()
                                   : YAML::Dump(policy);
  read_request(node["request"], out);
  read_engine(node["engine"], out);
  for (const YAML::Node& path : node["guards"]) out.guards.push_back(path.Scalar());
  for (const YAML::Node& path : node["sockets"]) out.sockets.push_back(path.Scalar());
  out.allowed = !node["refuse"];
  if (node["refuse"]) out.reasons = reasons_of(node["refuse"]);
  if (node["warns"]) out.reasons = reasons_of(node["warns"]);
  if (!out.allowed && out.reasons.empty()) throw std::runtime_error("a refusal names its reasons");
  if (node["forwards"]) out.forwards = policy::to_text(json_of(node["forwards"]));
  if (node["forwards_dockerfile"]) out.forwards_dockerfile = node["forwards_dockerfile"].Scalar();
  if (node["forwards_target"]) out.forwards_target = node["forwards_target"].Scalar();
  return out;
}

// The least that an operation can be asked: `x` for what its path names, an empty body.
Case least_of(const std::string& id) {
  YAML::Node request;
  request["operation"] = id;
  Case out;
  read_request(request, out);
  const policy::Operation& operation = *policy::operation_named(id);
  const bool has_body = operation.body.kind == policy::BodyKind::json;
  if (has_body) out.body = operation.body.schema->bare ? "[]" : "{}";
  return out;
}

// The two cases of each operation of a row with `each:`.
void expand(const YAML::Node& node, const std::string& file, std::vector<Case>& cases) {
  for (const YAML::Node& item : node["each"]) {
    const std::string id = item.Scalar();
    Case one = least_of(id);
    one.file = file;
    one.line = item.Mark().line + 1;
    read_engine(node["engine"], one);
    one.name = id + " listed";
    one.policy = "extends: baseline\noperations: { allow: [" + id + "] }";
    if (node["policy"]) one.policy += "\n" + YAML::Dump(node["policy"]);
    one.allowed = true;
    cases.push_back(one);
    one.name = id + " not listed";
    one.policy += "\n";
    one.policy.replace(one.policy.find(id), id.size(), "");
    one.allowed = false;
    one.reasons = {{"operation.refused", ""}};
    cases.push_back(one);
  }
}

std::vector<Case> load_file(const std::filesystem::path& path) {
  std::vector<Case> cases;
  for (const YAML::Node& node : YAML::LoadFile(path.string())) {
    try {
      if (node["each"]) {
        expand(node, path.stem().string(), cases);
      } else {
        cases.push_back(case_of(node, path.stem().string()));
      }
    } catch (const std::exception& error) {
      throw std::runtime_error(path.string() + ":" + std::to_string(node.Mark().line + 1) + ": " +
                               error.what());
    }
  }
  return cases;
}

}  // namespace

std::vector<Case> load_cases(const std::string& folder, const std::string& name) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string begin = entry.path().stem().string() + "_";
    const bool wanted = name.empty() || name.compare(0, begin.size(), begin) == 0;
    if (wanted && entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Case> all;
  for (const auto& path : paths) {
    std::vector<Case> cases = load_file(path);
    all.insert(
        all.end(), std::make_move_iterator(cases.begin()), std::make_move_iterator(cases.end()));
  }
  return all;
}

void PrintTo(const Case& one, std::ostream* out) {
  *out << one.file << ".yaml:" << one.line << ": " << one.name;
}

}  // namespace dockgate::tests
