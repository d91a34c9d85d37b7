#include "policy/load/read_clients.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "policy/host_path.h"
#include "policy/load/read_listen.h"

namespace dockgate::policy {
namespace {

bool is_file_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), plain);
}

std::string absolute(const std::string& path, const Surroundings& around) {
  if (path.empty() || path.front() == '/') return clean_path(path);
  return clean_path(around.working_directory + "/" + path);
}

std::optional<std::uint32_t> id_of(const YAML::Node& node, YamlProblems& problems) {
  const auto number = integer_of(node, problems);
  if (!number) return std::nullopt;
  if (*number >= 0 && *number < 0xffffffff) return static_cast<std::uint32_t>(*number);
  problems.add(node, "`" + node.Scalar() + "` is no user or group id");
  return std::nullopt;
}

void read_unix_peer(const YAML::Node& node, Client& client, YamlProblems& problems) {
  constexpr std::string_view known[] = {"uid", "gid"};
  for (const YamlEntry& entry : entries_of(node, "clients.unix", problems)) {
    if (entry.key == "uid") {
      client.uid = id_of(entry.value, problems);
    } else if (entry.key == "gid") {
      client.gid = id_of(entry.value, problems);
    } else {
      add_unknown_key(entry, "clients.unix", known, problems);
    }
  }
}

void read_client(const YAML::Node& node,
                 Settings& settings,
                 PolicyBook& policies,
                 const Surroundings& around,
                 YamlProblems& problems) {
  constexpr std::string_view known[] = {"name", "listener", "unix", "policy"};
  Client client;
  const Draft* policy = nullptr;
  for (const YamlEntry& entry : entries_of(node, "clients", problems)) {
    if (entry.key == "name") {
      client.name = text_of(entry.value, problems).value_or("");
    } else if (entry.key == "listener") {
      if (const auto address = address_of(entry.value, problems)) {
        client.listener = address->text();
      }
    } else if (entry.key == "unix") {
      read_unix_peer(entry.value, client, problems);
    } else if (entry.key == "policy") {
      const auto name = text_of(entry.value, problems);
      if (name) policy = policies.find(*name, entry.value);
    } else {
      add_unknown_key(entry, "clients", known, problems);
    }
  }
  if (!node.IsMap()) return;
  if (client.name.empty()) problems.add(node, "a client needs a `name`");
  if (!node["policy"]) problems.add(node, "a client needs a `policy`");
  if (policy == nullptr) return;
  if (policy->policy.sets_docker_socket && !is_file_name(client.name)) {
    problems.add(node,
                 "a client with a socket of its own (container.set.docker_socket) needs a name of "
                 "letters, digits, `.`, `_` and `-`");
    return;
  }
  add_client(std::move(client), policy->policy, around, settings);
}

}  // namespace

void add_client(Client client, Policy policy, const Surroundings& around, Settings& settings) {
  policy.runtime_sockets.push_back(settings.engine.path);
  policy.follows_links = !settings.host_root.empty();
  for (const Listen& listen : settings.listen) {
    policy.guarded_paths.push_back({listen.address.path, "dockgate's socket"});
  }
  policy.guarded_paths.push_back({settings.client_sockets, "dockgate's sockets"});
  if (settings.audit.file != "-") {
    policy.guarded_paths.push_back(
        {absolute(settings.audit.file, around), "dockgate's audit file"});
  }
  if (!around.config_file.empty()) {
    policy.guarded_paths.push_back(
        {absolute(around.config_file, around), "dockgate's configuration"});
  }
  if (policy.sets_docker_socket) {
    policy.client_socket = settings.client_sockets + "/" + client.name + "/docker.sock";
    const UnixAddress address{policy.client_socket};
    client.own_listener = address.text();
    settings.listen.push_back({.address = address, .mode = 0666, .in_private_folder = true});
  }
  client.policy = std::make_shared<const Policy>(std::move(policy));
  settings.clients.push_back(std::move(client));
}

void read_clients(const YAML::Node& node,
                  Settings& settings,
                  PolicyBook& policies,
                  const Surroundings& around,
                  YamlProblems& problems) {
  if (!node.IsSequence()) {
    problems.add(node, "`clients` is a list; the first that matches is used");
    return;
  }
  for (const YAML::Node& item : node) read_client(item, settings, policies, around, problems);
}

}  // namespace dockgate::policy
