#include "policy/load/policy_book.h"

#include <algorithm>

#include "policy/load/load_settings.h"

namespace dockgate::policy {

const Draft* PolicyBook::find(const std::string& name, const YAML::Node& at) {
  if (const auto done = drafts_.find(name); done != drafts_.end()) return &done->second;
  if (std::find(open_.begin(), open_.end(), name) != open_.end()) {
    problems_.add(at, "policy `" + name + "` extends itself");
    return nullptr;
  }
  open_.push_back(name);
  const Draft* const draft = read(name, at);
  open_.pop_back();
  return draft;
}

void PolicyBook::read_all() {
  for (const YamlEntry& entry : written_) find(entry.key, entry.key_node);
}

const Draft* PolicyBook::read(const std::string& name, const YAML::Node& at) {
  for (const YamlEntry& entry : written_) {
    if (entry.key == name) return read_node(name, entry.value, "policies." + name);
  }
  for (const Preset& preset : presets()) {
    if (preset.name == name) return read_node(name, YAML::Load(std::string(preset.yaml)), name);
  }
  std::vector<std::string_view> known;
  for (const YamlEntry& entry : written_) known.push_back(entry.key);
  for (const Preset& preset : presets()) known.push_back(preset.name);
  problems_.add(at, "there is no policy `" + name + "`", did_you_mean(name, known));
  return nullptr;
}

const Draft* PolicyBook::read_node(const std::string& name,
                                   const YAML::Node& node,
                                   const std::string& path) {
  Draft draft;
  if (node.IsMap() && node["extends"]) {
    const YAML::Node extends = node["extends"];
    const auto parent_name = text_of(extends, problems_);
    const Draft* const parent = parent_name ? find(*parent_name, extends) : nullptr;
    if (parent != nullptr) draft = *parent;
  }
  draft.policy.name = name;
  read_policy(node, path, draft, problems_);
  return &drafts_.insert_or_assign(name, std::move(draft)).first->second;
}

}  // namespace dockgate::policy
