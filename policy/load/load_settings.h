// YAML -> settings, or every problem with its place and mend. policy/load/ is the only part of
// dockgate that reads YAML, and the only one that catches: yaml-cpp reports by exceptions.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/problem.h"
#include "policy/result.h"
#include "policy/settings.h"

namespace dockgate::policy {

// Where dockgate runs, which only its caller can know: what no container may get is found by it.
struct Surroundings {
  std::string working_directory = "/";  // absolute
  std::string config_file;              // "": there is none
  // Ids of the machine's users and groups by their names; nothing where there is none.
  std::function<std::optional<std::uint32_t>(const std::string& name)> user_id;
  std::function<std::optional<std::uint32_t>(const std::string& name)> group_id;
  // The group that a user has by itself.
  std::function<std::optional<std::uint32_t>(std::uint32_t user)> group_of_user;
  // `sha256:…` of a text: what policies are known by.
  std::function<std::string(std::string_view text)> fingerprint;
};

// A configuration. `file` names it in problems.
Result<Settings, Problems> load_settings(std::string_view yaml,
                                         std::string_view file,
                                         const Surroundings& around = {});

// One policy by itself: the text of a preset, or of a file given with `--policy`; the same keys
// that stand under a name in `policies:`. `name` is what it is called in refusals and audit.
Result<Policy, Problems> load_policy(std::string_view yaml,
                                     std::string_view file,
                                     std::string_view name);

// Settings without a configuration file: one policy for everybody, in place of their clients.
Settings with_one_policy(Settings settings, Policy policy, const Surroundings& around);

// A warning for each client that no peer can ever be, because of its matchers or of the clients
// before it.
std::vector<std::string> clients_that_never_match(const Settings& settings);

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
