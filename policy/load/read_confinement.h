// `confinement:`.
#pragma once

#include <yaml-cpp/yaml.h>

#include "policy/load/load_settings.h"
#include "policy/load/strict_yaml.h"
#include "policy/settings.h"

namespace dockgate::policy {

// Into `settings.confinement`; names of users and groups are looked up now.
void read_confinement(const YAML::Node& node,
                      const Surroundings& around,
                      Settings& settings,
                      YamlProblems& problems);

}  // namespace dockgate::policy
