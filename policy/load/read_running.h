// How dockgate itself runs: `reload:`.
#pragma once

#include <yaml-cpp/yaml.h>

#include "policy/load/strict_yaml.h"
#include "policy/settings.h"

namespace dockgate::policy {

void read_reload(const YAML::Node& node, Reload& reload, YamlProblems& problems);

}  // namespace dockgate::policy
