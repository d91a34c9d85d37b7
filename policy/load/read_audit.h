// `audit:`.
#pragma once

#include <yaml-cpp/yaml.h>

#include "policy/load/load_settings.h"
#include "policy/load/strict_yaml.h"
#include "policy/settings.h"

namespace dockgate::policy {

void read_audit(const YAML::Node& node,
                const Surroundings& around,
                AuditSettings& audit,
                YamlProblems& problems);

}  // namespace dockgate::policy
