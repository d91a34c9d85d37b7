#include "policy/load/read_clients.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "policy/host_path.h"
#include "policy/load/policy_values.h"
#include "policy/load/read_limits.h"
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

std::optional<std::uint32_t> id_named(
    const YAML::Node& node,
    std::string_view what,
    const std::function<std::optional<std::uint32_t>(const std::string&)>& find,
    YamlProblems& problems) {
  const auto name = text_of(node, problems);
  if (!name) return std::nullopt;
  const auto id = find ? find(*name) : std::nullopt;
  if (!id) problems.add(node, "this machine has no " + std::string(what) + " `" + *name + "`");
  return id;
}

void set_once(const YamlEntry& entry,
              std::optional<std::uint32_t> id,
              std::optional<std::uint32_t>& out,
              YamlProblems& problems) {
  if (out) problems.add(entry.key_node, "a peer is named by its name or by its id, not by both");
  out = id;
}

// A matcher whose lines are all commented out would match everybody of its kind.
void refuse_nothing(const YAML::Node& node, YamlProblems& problems) {
  if (node.IsNull()) problems.add(node, "nothing is said here", "write {} for all of this kind");
}

UnixMatch unix_peer_of(const YAML::Node& node, const Surroundings& around, YamlProblems& problems) {
  constexpr std::string_view known[] = {"uid", "gid", "user", "group"};
  UnixMatch match;
  refuse_nothing(node, problems);
  for (const YamlEntry& entry : entries_of(node, "clients.unix", problems)) {
    if (entry.key == "uid") {
      set_once(entry, id_of(entry.value, problems), match.uid, problems);
    } else if (entry.key == "gid") {
      set_once(entry, id_of(entry.value, problems), match.gid, problems);
    } else if (entry.key == "user") {
      const auto id = id_named(entry.value, "user", around.user_id, problems);
      set_once(entry, id, match.uid, problems);
    } else if (entry.key == "group") {
      const auto id = id_named(entry.value, "group", around.group_id, problems);
      set_once(entry, id, match.gid, problems);
    } else {
      add_unknown_key(entry, "clients.unix", known, problems);
    }
  }
  return match;
}

// SHA-256 as openssl prints it (`AB:CD:…`), or plain: lower-case hexadecimal.
Patterns digests_of(const YAML::Node& node, YamlProblems& problems) {
  constexpr std::size_t digits = 64;
  Patterns out;
  for (const YAML::Node& item : list_of(node, problems)) {
    const auto text = text_of(item, problems);
    if (!text) continue;
    std::string digest;
    for (const char c : *text) {
      if (c != ':') digest += c >= 'A' && c <= 'F' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
    if (digest.size() != digits || digest.find_first_not_of("0123456789abcdef") != digest.npos) {
      problems.add(item, "`" + *text + "` is no SHA-256 digest", "write its 64 hexadecimal digits");
    }
    out.all.push_back(std::move(digest));
  }
  return out;
}

// As certs/identity writes the names of a certificate: hosts, and what stands before a URI's path,
// in lower case.
Patterns lower_where_case_means_nothing(std::string_view key, Patterns patterns) {
  for (std::string& pattern : patterns.all) {
    std::size_t begin = 0;
    std::size_t end = key == "dns" ? pattern.size() : 0;
    if (key == "email" && pattern.rfind('@') != std::string::npos) {
      begin = pattern.rfind('@');
      end = pattern.size();
    }
    if (key == "uri" && pattern.find("://") != std::string::npos) {
      end = std::min(pattern.find('/', pattern.find("://") + 3), pattern.size());
    }
    std::transform(pattern.begin() + static_cast<std::ptrdiff_t>(begin),
                   pattern.begin() + static_cast<std::ptrdiff_t>(end),
                   pattern.begin() + static_cast<std::ptrdiff_t>(begin),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  }
  return patterns;
}

CertificateMatch certificate_of(const YAML::Node& node, YamlProblems& problems) {
  constexpr std::string_view known[] = {"common_name",
                                        "dns",
                                        "uri",
                                        "email",
                                        "organization_unit",
                                        "issuer",
                                        "fingerprint_sha256",
                                        "public_key_sha256"};
  CertificateMatch match;
  refuse_nothing(node, problems);
  const std::pair<std::string_view, Patterns*> names[] = {
      {"common_name", &match.common_name},
      {"dns", &match.dns},
      {"uri", &match.uri},
      {"email", &match.email},
      {"issuer", &match.issuer},
      {"organization_unit", &match.organization_unit},
  };
  for (const YamlEntry& entry : entries_of(node, "clients.certificate", problems)) {
    const auto* const name = std::find_if(std::begin(names), std::end(names), [&](const auto& row) {
      return row.first == entry.key;
    });
    if (name != std::end(names)) {
      *name->second = lower_where_case_means_nothing(entry.key, patterns_of(entry.value, problems));
    } else if (entry.key == "fingerprint_sha256") {
      match.fingerprint_sha256 = digests_of(entry.value, problems);
    } else if (entry.key == "public_key_sha256") {
      match.public_key_sha256 = digests_of(entry.value, problems);
    } else {
      add_unknown_key(entry, "clients.certificate", known, problems);
      continue;
    }
    if (list_of(entry.value, problems).empty()) {
      problems.add(entry.key_node, "an empty list would match everybody", "leave the key out");
    }
  }
  return match;
}

// The matchers of a client, which are combined with and; false where the key is none of them.
bool read_matcher(const YamlEntry& entry,
                  const Surroundings& around,
                  Client& client,
                  YamlProblems& problems) {
  if (entry.key == "listener") {
    const auto address = listen_address_of(entry.value, problems);
    if (address) client.listener = Listen{.address = *address}.text();
  } else if (entry.key == "unix") {
    client.unix_peer = unix_peer_of(entry.value, around, problems);
  } else if (entry.key == "certificate") {
    client.certificate = certificate_of(entry.value, problems);
  } else if (entry.key == "address") {
    client.address = ranges_of(entry.value, problems);
    if (client.address.empty()) {
      problems.add(entry.key_node, "an empty list would match everybody", "leave the key out");
    }
  } else {
    return false;
  }
  return true;
}

void read_client(const YAML::Node& node,
                 Settings& settings,
                 PolicyBook& policies,
                 const Surroundings& around,
                 YamlProblems& problems) {
  constexpr std::string_view known[] = {
      "name", "listener", "unix", "certificate", "address", "policy", "limits"};
  Client client;
  const Draft* policy = nullptr;
  for (const YamlEntry& entry : entries_of(node, "clients", problems)) {
    if (entry.key == "name") {
      client.name = text_of(entry.value, problems).value_or("");
    } else if (entry.key == "limits") {
      read_client_limits(entry.value, client.limits, problems);
    } else if (entry.key == "policy") {
      const auto name = text_of(entry.value, problems);
      if (name) policy = policies.find(*name, entry.value);
    } else if (!read_matcher(entry, around, client, problems)) {
      add_unknown_key(entry, "clients", known, problems);
    }
  }
  if (!node.IsMap()) return;
  const YAML::Node peer = node["unix"];
  const bool by_name = peer && peer.IsMap() && (peer["user"] || peer["group"]);
  settings.has_names = settings.has_names || by_name;
  if (client.name.empty()) problems.add(node, "a client needs a `name`");
  const auto& before = settings.clients;
  const bool taken = std::any_of(before.begin(), before.end(), [&client](const Client& other) {
    return other.name == client.name;
  });
  if (taken) problems.add(node, "there is a client `" + client.name + "` already");
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

// What no container may get: dockgate's own files and sockets.
void guard_own_files(const Settings& settings, const Surroundings& around, Policy& policy) {
  const auto guard = [&policy](std::string path, std::string what) {
    if (!path.empty()) policy.guarded_paths.push_back({std::move(path), std::move(what)});
  };
  const auto guard_listener = [&guard](const Listen& listen) {
    if (listen.unix_address() != nullptr) guard(listen.unix_address()->path, "dockgate's socket");
    if (!listen.tls) return;
    guard(listen.tls->key, "dockgate's key");
    guard(listen.tls->certificate, "dockgate's certificate");
    guard(listen.tls->client_ca, "dockgate's certificate authority");
    guard(listen.tls->crl, "dockgate's revocation list");
    // What `dockgate certs` has beside it.
    const std::string& authority = listen.tls->client_ca;
    const std::string folder = authority.substr(0, authority.rfind('/') + 1);
    guard(folder + "ca-key.pem", "the key of dockgate's certificate authority");
    guard(folder + "clients", "keys of dockgate's clients");
  };
  for (const Listen& listen : settings.listen) guard_listener(listen);
  if (settings.admin) guard_listener(*settings.admin);
  guard(settings.client_sockets, "dockgate's sockets");
  const std::string& audit = settings.audit.file;
  if (audit != "-") guard(absolute(audit, around), "dockgate's audit file");
  guard(settings.audit.signing_key, "dockgate's audit key");
  const std::string& config = around.config_file;
  if (!config.empty()) guard(absolute(config, around), "dockgate's configuration");
}

}  // namespace

void add_client(Client client, Policy policy, const Surroundings& around, Settings& settings) {
  if (around.fingerprint) policy.digest = around.fingerprint(describe(policy));
  policy.runtime_sockets.push_back(settings.engine.path);
  policy.follows_links = !settings.host_root.empty();
  guard_own_files(settings, around, policy);
  if (policy.sets_docker_socket) {
    policy.client_socket = settings.client_sockets + "/" + client.name + "/docker.sock";
    const UnixAddress address{policy.client_socket};
    client.own_listener = address.text();
    settings.listen.push_back({.address = address, .mode = 0666, .in_private_folder = true});
  }
  make_indexes(policy);
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
