// YAML -> settings, or every problem with its place and mend. policy/load/ is the only part of
// dockgate that reads YAML, and the only one that catches: yaml-cpp reports by exceptions.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/problem.h"
#include "policy/result.h"
#include "policy/settings.h"

namespace dockgate::policy {

// A configuration: engine, listen, audit, clients, policies, limits. `file` names it in problems.
Result<Settings, Problems> load_settings(std::string_view yaml, std::string_view file);

// One policy by itself: the text of a preset, or of a file given with `--policy`; the same keys
// that stand under a name in `policies:`. `name` is what it is called in refusals and audit.
Result<Policy, Problems> load_policy(std::string_view yaml,
                                     std::string_view file,
                                     std::string_view name);

// Settings without a configuration file: one policy for everybody.
Settings settings_of(const UnixAddress& engine, std::vector<Listen> listen, Policy policy);

struct Preset {
  std::string_view name;  // "baseline"
  std::string_view yaml;  // the text of policy/presets/NAME.yaml
};
// Those built into the program, `baseline` first.
const std::vector<Preset>& presets();

// What the settings mean, for people: the listeners, the clients in order, each policy in full.
std::string describe(const Settings& settings);
std::string describe(const Policy& policy);

}  // namespace dockgate::policy
