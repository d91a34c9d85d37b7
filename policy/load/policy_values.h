// The values that a policy's keys take: one YAML node -> a value, or a problem at its place.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/load/policy_keys.h"
#include "policy/load/strict_yaml.h"
#include "policy/policy.h"

namespace dockgate::policy {

// `["ci-*", none]`
Patterns patterns_of(const YAML::Node& node, YamlProblems& problems);

// `NET_ADMIN` or `cap_net_admin`, as one spelling; nothing, and a problem, for what is none.
std::optional<std::string> capability_of(const YAML::Node& node, YamlProblems& problems);

// `{ source: /srv/ci/**, access: rw }`. A source that could never be granted as it is listed is
// told now, not when the first container is refused.
std::vector<AllowedBind> binds_of(const YAML::Node& node, YamlProblems& problems);

// `/dev/fuse` or `/dev/fuse:rw`
std::vector<AllowedDevice> devices_of(const YAML::Node& node, YamlProblems& problems);

// `8080`, `8000-8999`, `127.0.0.1:8080` or `*`
Patterns ports_of(const YAML::Node& node, YamlProblems& problems);

// A decimal number of `what`, in billionths: Docker's processors, and seconds.
std::optional<std::int64_t> billionths_of(const YAML::Node& node,
                                          std::string_view what,
                                          YamlProblems& problems);

// Patterns of image references, their registry named.
Patterns references_of(const YAML::Node& node, YamlProblems& problems);

// `10.0.0.0/8`
std::vector<std::string> ranges_of(const YAML::Node& node, YamlProblems& problems);

// A limit above 0 in that unit.
std::optional<std::int64_t> limit_of(Unit unit, const YAML::Node& node, YamlProblems& problems);

}  // namespace dockgate::policy
