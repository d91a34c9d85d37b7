// One policy's YAML node -> a policy, on top of the one it extends.
#pragma once

#include <yaml-cpp/yaml.h>

#include <set>
#include <string_view>

#include "policy/load/strict_yaml.h"
#include "policy/policy.h"

namespace dockgate::policy {

// A policy while its file is read: `operations` is what `allowed` less `denied` comes to, and a
// policy that extends this one may replace either.
struct Draft {
  Policy policy;
  std::set<std::string_view> allowed;
  std::set<std::string_view> denied;

  void settle_operations();
};

// Reads `node`, which `path` names in problems, over `draft`. The key `extends` is the caller's.
void read_policy(const YAML::Node& node,
                 std::string_view path,
                 Draft& draft,
                 YamlProblems& problems);

// Makes those lists quick to search that grow with whom a policy serves. They must not change after:
// a policy that another may extend has none yet.
void make_indexes(Policy& policy);

}  // namespace dockgate::policy
