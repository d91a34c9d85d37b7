// `limits:`, and numbers that have a least value.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "policy/load/strict_yaml.h"
#include "policy/settings.h"

namespace dockgate::policy {

// Puts `amount` into `out`; nothing, and a problem, where it is below `least` or beyond a Number.
template <class Number>
void read_amount(const YamlEntry& entry,
                 const std::optional<std::int64_t>& amount,
                 std::int64_t least,
                 Number& out,
                 YamlProblems& problems) {
  if (!amount) return;
  if (*amount < least) {
    problems.add(entry.value, "`" + entry.key + "` is at least " + std::to_string(least));
    return;
  }
  if (*amount > static_cast<std::int64_t>(std::numeric_limits<std::uint32_t>::max())) {
    problems.add(entry.value, "`" + entry.key + "` is too large");
    return;
  }
  out = static_cast<Number>(*amount);
}

void read_limits(const YAML::Node& node, Limits& limits, YamlProblems& problems);

// The `limits:` of one client.
void read_client_limits(const YAML::Node& node, ClientLimits& limits, YamlProblems& problems);

}  // namespace dockgate::policy
