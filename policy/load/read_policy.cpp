#include "policy/load/read_policy.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "policy/api/operations.h"
#include "policy/load/policy_keys.h"
#include "policy/load/policy_values.h"

namespace dockgate::policy {
namespace {

// Reads one key's value into the part of the policy that it is a member of.
template <class Part>
struct ReadKey {
  const YAML::Node& node;
  Part& part;
  YamlProblems& problems;

  void operator()(bool Part::*member) const {
    if (const auto value = boolean_of(node, problems)) part.*member = *value;
  }

  void operator()(Patterns Part::*member) const { part.*member = patterns_of(node, problems); }

  void operator()(Capabilities<Part> key) const {
    Patterns names;
    for (const YAML::Node& item : list_of(node, problems)) {
      if (const auto name = capability_of(item, problems)) names.all.push_back(*name);
    }
    part.*key.member = std::move(names);
  }

  void operator()(Ports<Part> key) const { part.*key.member = ports_of(node, problems); }

  void operator()(std::vector<AllowedBind> Part::*member) const {
    part.*member = binds_of(node, problems);
  }

  void operator()(std::vector<AllowedDevice> Part::*member) const {
    part.*member = devices_of(node, problems);
  }

  void operator()(std::vector<std::string> Part::*member) const {
    part.*member = patterns_of(node, problems).all;
  }

  void operator()(std::int64_t Part::*member) const {
    if (const auto value = integer_of(node, problems)) part.*member = *value;
  }

  void operator()(std::set<std::string> Part::*member) const {
    std::set<std::string> names;
    for (const YAML::Node& item : list_of(node, problems)) {
      if (const auto name = capability_of(item, problems)) names.insert(*name);
    }
    part.*member = std::move(names);
  }

  void operator()(Limit<Part> key) const { part.*key.member = limit_of(key.unit, node, problems); }

  void operator()(Seconds<Part> key) const {
    if (const auto value = billionths_of(node, "seconds", problems)) part.*key.member = *value;
  }

  void operator()(References<Part> key) const { part.*key.member = references_of(node, problems); }

  void operator()(Ranges<Part> key) const { part.*key.member = ranges_of(node, problems); }

  void operator()(Word<Part> key) const {
    const auto text = text_of(node, problems);
    if (!text) return;
    if (*text != key.set && *text != key.unset) {
      problems.add(node,
                   "this is `" + std::string(key.set) + "` or `" + std::string(key.unset) +
                       "`, not `" + *text + "`");
    }
    part.*key.member = *text == key.set;
  }
};

// False where none of the keys is the entry's.
template <class Part>
bool read_key(const YamlEntry& entry,
              std::span<const Key<Part>> keys,
              Part& part,
              YamlProblems& problems) {
  const auto key = std::find_if(
      keys.begin(), keys.end(), [&](const auto& row) { return row.name == entry.key; });
  if (key == keys.end()) return false;
  std::visit(ReadKey<Part>{entry.value, part, problems}, key->member);
  return true;
}

template <class Part, std::size_t count>
void read_part(const YAML::Node& node,
               const std::string& path,
               const Key<Part> (&keys)[count],
               Part& part,
               YamlProblems& problems) {
  std::vector<std::string_view> names;
  for (const Key<Part>& key : keys) names.push_back(key.name);
  for (const YamlEntry& entry : entries_of(node, path, problems)) {
    if (!read_key(entry, std::span<const Key<Part>>(keys), part, problems)) {
      add_unknown_key(entry, path, names, problems);
    }
  }
}

// `@run`, an operationId, or `*` for all there are.
void add_operations(const YAML::Node& node,
                    std::set<std::string_view>& out,
                    YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return;
  std::size_t found = 0;
  for (const Operation& operation : all_operations()) {
    if (*text != "*" && *text != operation.group && *text != operation.id) continue;
    out.insert(operation.id);
    ++found;
  }
  if (found != 0) return;
  std::vector<std::string_view> known;
  for (const Group& group : all_groups()) known.push_back(group.name);
  for (const Operation& operation : all_operations()) known.push_back(operation.id);
  problems.add(node,
               "`" + *text + "` is neither an operation of the Engine API nor a group",
               did_you_mean(*text, known));
}

void read_operations(const YAML::Node& node,
                     const std::string& path,
                     Draft& draft,
                     YamlProblems& problems) {
  constexpr std::string_view known[] = {"allow", "deny"};
  for (const YamlEntry& entry : entries_of(node, path, problems)) {
    if (entry.key != "allow" && entry.key != "deny") {
      add_unknown_key(entry, path, known, problems);
      continue;
    }
    std::set<std::string_view>& list = entry.key == "allow" ? draft.allowed : draft.denied;
    list.clear();
    for (const YAML::Node& item : list_of(entry.value, problems)) {
      add_operations(item, list, problems);
    }
  }
}

// `image: { allow: …, digest: required }`: a part's lists, and `beside` them its own keys.
template <class Part, std::size_t count>
void read_allow(const YAML::Node& node,
                const std::string& path,
                const Key<Part> (&keys)[count],
                std::span<const Key<Part>> beside,
                Part& part,
                YamlProblems& problems) {
  std::vector<std::string_view> known{"allow"};
  for (const Key<Part>& key : beside) known.push_back(key.name);
  for (const YamlEntry& entry : entries_of(node, path, problems)) {
    if (entry.key == "allow") {
      read_part(entry.value, path + ".allow", keys, part, problems);
    } else if (!read_key(entry, beside, part, problems)) {
      add_unknown_key(entry, path, known, problems);
    }
  }
}

void read_container(const YAML::Node& node,
                    const std::string& path,
                    Policy& policy,
                    YamlProblems& problems) {
  constexpr std::string_view known[] = {"allow", "require", "set"};
  for (const YamlEntry& entry : entries_of(node, path, problems)) {
    if (entry.key == "allow") {
      read_part(entry.value, path + ".allow", container_allow_keys, policy.container, problems);
    } else if (entry.key == "require") {
      read_part(entry.value, path + ".require", container_require_keys, policy.require, problems);
    } else if (entry.key == "set") {
      read_part(entry.value, path + ".set", container_set_keys, policy, problems);
    } else {
      add_unknown_key(entry, path, known, problems);
    }
  }
}

// The parts about a cluster and about plugins; false where the key is none of them.
bool read_cluster_part(const YamlEntry& entry,
                       const std::string& path,
                       Policy& policy,
                       YamlProblems& problems) {
  if (entry.key == "service") {
    read_allow(entry.value, path, service_allow_keys, {}, policy.service, problems);
  } else if (entry.key == "swarm") {
    read_allow(entry.value, path, swarm_allow_keys, {}, policy.swarm, problems);
  } else if (entry.key == "node") {
    read_allow(entry.value, path, node_allow_keys, {}, policy.node, problems);
  } else if (entry.key == "secret") {
    read_allow(entry.value, path, secret_allow_keys, {}, policy.secret, problems);
  } else if (entry.key == "config") {
    read_allow(entry.value, path, config_allow_keys, {}, policy.config, problems);
  } else if (entry.key == "plugin") {
    read_allow(entry.value, path, plugin_allow_keys, {}, policy.plugin, problems);
  } else {
    return false;
  }
  return true;
}

void read_mode(const YAML::Node& node, Policy& policy, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return;
  if (*text != "enforce" && *text != "warn") {
    problems.add(node, "mode is `enforce` or `warn`, not `" + *text + "`");
  }
  policy.mode = *text == "warn" ? Mode::warn : Mode::enforce;
}

}  // namespace

void Draft::settle_operations() {
  policy.operations.clear();
  std::set_difference(allowed.begin(),
                      allowed.end(),
                      denied.begin(),
                      denied.end(),
                      std::inserter(policy.operations, policy.operations.end()));
}

void make_indexes(Policy& policy) {
  constexpr std::size_t few = 32;  // are tried one by one as quickly
  for (Patterns* const listed :
       {&policy.image.pull, &policy.image.tag, &policy.image.push, &policy.image.remove}) {
    listed->make_index();
  }
  if (policy.container.bind_mounts.size() <= few) return;
  std::vector<std::string> roots;
  for (const AllowedBind& listed : policy.container.bind_mounts) roots.push_back(listed.root());
  policy.container.bind_roots = std::make_shared<const PrefixIndex>(roots);
}

void read_policy(const YAML::Node& node,
                 std::string_view path,
                 Draft& draft,
                 YamlProblems& problems) {
  constexpr std::string_view known[] = {"extends",
                                        "mode",
                                        "operations",
                                        "container",
                                        "volume",
                                        "network",
                                        "exec",
                                        "image",
                                        "registry",
                                        "build",
                                        "service",
                                        "swarm",
                                        "node",
                                        "secret",
                                        "config",
                                        "plugin"};
  const auto below = [path](std::string_view key) {
    return path.empty() ? std::string(key) : std::string(path) + "." + std::string(key);
  };
  Policy& policy = draft.policy;
  for (const YamlEntry& entry : entries_of(node, path, problems)) {
    const std::string place = below(entry.key);
    if (entry.key == "extends") continue;
    if (entry.key == "mode") {
      read_mode(entry.value, policy, problems);
    } else if (entry.key == "operations") {
      read_operations(entry.value, place, draft, problems);
    } else if (entry.key == "container") {
      read_container(entry.value, place, policy, problems);
    } else if (entry.key == "volume") {
      read_allow(entry.value, place, volume_allow_keys, {}, policy.volume, problems);
    } else if (entry.key == "network") {
      read_allow(entry.value, place, network_allow_keys, {}, policy.network, problems);
    } else if (entry.key == "exec") {
      read_allow(entry.value, place, exec_allow_keys, {}, policy.exec, problems);
    } else if (entry.key == "image") {
      read_allow(entry.value,
                 place,
                 image_allow_keys,
                 std::span<const Key<ImageAllow>>(image_keys),
                 policy.image,
                 problems);
    } else if (entry.key == "registry") {
      read_allow(entry.value, place, registry_allow_keys, {}, policy.registry, problems);
    } else if (entry.key == "build") {
      read_allow(entry.value,
                 place,
                 build_allow_keys,
                 std::span<const Key<BuildAllow>>(build_keys),
                 policy.build,
                 problems);
    } else if (!read_cluster_part(entry, place, policy, problems)) {
      add_unknown_key(entry, path, known, problems);
    }
  }
  draft.settle_operations();
}

}  // namespace dockgate::policy
