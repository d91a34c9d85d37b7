// `clients:`, and what a client's policy has to know of the rest of the file.
#pragma once

#include <yaml-cpp/yaml.h>

#include "policy/load/load_settings.h"
#include "policy/load/policy_book.h"
#include "policy/load/strict_yaml.h"
#include "policy/settings.h"

namespace dockgate::policy {

// Makes settings hold a client with this policy: what the policy has to know of them, and a socket
// of the client's own where its containers are to get one. Listeners, audit and host_root are read
// before.
void add_client(Client client, Policy policy, const Surroundings& around, Settings& settings);

// A client for each item of the list, in its order.
void read_clients(const YAML::Node& node,
                  Settings& settings,
                  PolicyBook& policies,
                  const Surroundings& around,
                  YamlProblems& problems);

}  // namespace dockgate::policy
