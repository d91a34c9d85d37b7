// Policies by name: those of a file, each read when it is first asked for, and the presets.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "policy/load/read_policy.h"
#include "policy/load/strict_yaml.h"

namespace dockgate::policy {

class PolicyBook {
 public:
  // The entries of `policies:`. `problems` outlives the book.
  PolicyBook(std::vector<YamlEntry> written, YamlProblems& problems)
      : written_(std::move(written)), problems_(problems) {}

  // Lives as long as the book; nullptr, and a problem at `at`, where there is no such policy or it
  // extends itself.
  const Draft* find(const std::string& name, const YAML::Node& at);

  // Also those that nobody names: their mistakes are mistakes.
  void read_all();

 private:
  const Draft* read(const std::string& name, const YAML::Node& at);
  const Draft* read_node(const std::string& name, const YAML::Node& node, const std::string& path);

  std::vector<YamlEntry> written_;
  YamlProblems& problems_;
  std::map<std::string, Draft> drafts_;
  std::vector<std::string> open_;
};

}  // namespace dockgate::policy
