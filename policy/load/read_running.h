// How dockgate itself runs: `reload:`, `log:`.
#pragma once

#include <yaml-cpp/yaml.h>

#include "policy/load/strict_yaml.h"
#include "policy/settings.h"

namespace dockgate::policy {

void read_reload(const YAML::Node& node, Reload& reload, YamlProblems& problems);

void read_log(const YAML::Node& node, Log& log, YamlProblems& problems);

}  // namespace dockgate::policy
