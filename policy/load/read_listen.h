// `listen:`, and the addresses of sockets.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>

#include "policy/load/load_settings.h"
#include "policy/load/strict_yaml.h"
#include "policy/settings.h"

namespace dockgate::policy {

// The file a key names, taken from the configuration's folder.
std::string file_of(const YAML::Node& node, const Surroundings& around, YamlProblems& problems);

// `unix:///run/dockgate/docker.sock`; nothing, and a problem, for what is none.
std::optional<UnixAddress> unix_address_of(const YAML::Node& node, YamlProblems& problems);

// The same, or `tcp://10.0.0.5:2376` with an address of the machine: no names, which may change
// what they mean.
std::optional<ListenAddress> listen_address_of(const YAML::Node& node, YamlProblems& problems);

// One listener; `path` is what it is called in problems.
Listen read_listener(const YAML::Node& node,
                     std::string_view path,
                     const Surroundings& around,
                     YamlProblems& problems);

// Adds a problem where the admin listener is one of the clients' too.
void check_admin(const YAML::Node& node, const Settings& settings, YamlProblems& problems);

// A listener for each item of the list.
void read_listen(const YAML::Node& node,
                 const Surroundings& around,
                 Settings& settings,
                 YamlProblems& problems);

}  // namespace dockgate::policy
