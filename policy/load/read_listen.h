// `listen:`, and the addresses of sockets.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>

#include "policy/load/strict_yaml.h"
#include "policy/settings.h"

namespace dockgate::policy {

// `unix:///run/dockgate/docker.sock`; nothing, and a problem, for what is none.
std::optional<UnixAddress> address_of(const YAML::Node& node, YamlProblems& problems);

// A listener for each item of the list.
void read_listen(const YAML::Node& node, Settings& settings, YamlProblems& problems);

}  // namespace dockgate::policy
