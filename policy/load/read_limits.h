// `limits:`, and numbers that have a least value.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <optional>
#include <string>

#include "policy/load/strict_yaml.h"
#include "policy/settings.h"

namespace dockgate::policy {

// Puts `amount` into `out`; nothing, and a problem where it is below `least`.
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
  out = static_cast<Number>(*amount);
}

void read_limits(const YAML::Node& node, Limits& limits, YamlProblems& problems);

}  // namespace dockgate::policy
