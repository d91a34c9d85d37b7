#include "policy/load/load_settings.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "policy/host_path.h"
#include "policy/load/read_policy.h"
#include "policy/load/strict_yaml.h"

namespace dockgate::policy {
namespace {

constexpr std::string_view unix_scheme = "unix://";

// Policies by name: those of the file, each read when it is first asked for, and the presets.
class PolicyBook {
 public:
  PolicyBook(std::vector<YamlEntry> written, YamlProblems& problems)
      : written_(std::move(written)), problems_(problems) {}

  // nullptr, and a problem at `at`, where there is no such policy or it extends itself.
  const Draft* find(const std::string& name, const YAML::Node& at) {
    if (const auto done = drafts_.find(name); done != drafts_.end()) return &done->second;
    if (std::find(open_.begin(), open_.end(), name) != open_.end()) {
      problems_.add(at, "policy `" + name + "` extends itself");
      return nullptr;
    }
    open_.push_back(name);
    const Draft* const draft = read(name, at);
    open_.pop_back();
    return draft;
  }

  void read_all() {
    for (const YamlEntry& entry : written_) find(entry.key, entry.key_node);
  }


 private:
  const Draft* read(const std::string& name, const YAML::Node& at) {
    for (const YamlEntry& entry : written_) {
      if (entry.key == name) return read_node(name, entry.value, "policies." + name);
    }
    for (const Preset& preset : presets()) {
      if (preset.name == name) return read_node(name, YAML::Load(std::string(preset.yaml)), name);
    }
    std::vector<std::string_view> known;
    for (const YamlEntry& entry : written_) known.push_back(entry.key);
    for (const Preset& preset : presets()) known.push_back(preset.name);
    problems_.add(at, "there is no policy `" + name + "`", did_you_mean(name, known));
    return nullptr;
  }

  const Draft* read_node(const std::string& name, const YAML::Node& node, const std::string& path) {
    Draft draft;
    if (node.IsMap() && node["extends"]) {
      const YAML::Node extends = node["extends"];
      const auto parent_name = text_of(extends, problems_);
      const Draft* const parent = parent_name ? find(*parent_name, extends) : nullptr;
      if (parent != nullptr) draft = *parent;
    }
    draft.policy.name = name;
    read_policy(node, path, draft, problems_);
    return &drafts_.insert_or_assign(name, std::move(draft)).first->second;
  }

  std::vector<YamlEntry> written_;
  YamlProblems& problems_;
  std::map<std::string, Draft> drafts_;
  std::vector<std::string> open_;
};

bool is_file_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '.' || c == '-';
  };
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), plain);
}

std::string absolute(const std::string& path, const Surroundings& around) {
  if (path.empty() || path.front() == '/') return clean_path(path);
  return clean_path(around.working_directory + "/" + path);
}

// Makes settings hold a client with this policy: what the policy has to know of them, and a socket
// of the client's own where its containers are to get one.
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

std::optional<UnixAddress> address_of(const YAML::Node& node, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return std::nullopt;
  std::string path;
  if (text->compare(0, unix_scheme.size(), unix_scheme) == 0) {
    path = text->substr(unix_scheme.size());
  }
  if (!path.empty() && path.front() == '/' && clean_path(path) == path) return UnixAddress{path};
  problems.add(node,
               "`" + *text + "` is not the address of a Unix socket",
               "write it as unix:///run/dockgate/docker.sock");
  return std::nullopt;
}

std::optional<std::uint32_t> mode_of(const YAML::Node& node, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return std::nullopt;
  std::uint32_t mode = 0;
  const auto [stop, error] =
      std::from_chars(text->data(), text->data() + text->size(), mode, 8);
  if (error == std::errc() && stop == text->data() + text->size() && mode <= 0777) return mode;
  problems.add(node, "`" + *text + "` is no file mode", "write it as \"0660\"");
  return std::nullopt;
}

std::optional<std::uint32_t> id_of(const YAML::Node& node, YamlProblems& problems) {
  const auto number = integer_of(node, problems);
  if (!number) return std::nullopt;
  if (*number >= 0 && *number < 0xffffffff) return static_cast<std::uint32_t>(*number);
  problems.add(node, "`" + node.Scalar() + "` is no user or group id");
  return std::nullopt;
}

void read_listen(const YAML::Node& node, Settings& settings, YamlProblems& problems) {
  constexpr std::string_view known[] = {"address", "mode", "group"};
  for (const YAML::Node& item : list_of(node, problems)) {
    Listen listen;
    for (const YamlEntry& entry : entries_of(item, "listen", problems)) {
      if (entry.key == "address") {
        if (const auto address = address_of(entry.value, problems)) listen.address = *address;
      } else if (entry.key == "mode") {
        if (const auto mode = mode_of(entry.value, problems)) listen.mode = *mode;
      } else if (entry.key == "group") {
        if (const auto group = text_of(entry.value, problems)) listen.group = *group;
      } else {
        add_unknown_key(entry, "listen", known, problems);
      }
    }
    if (listen.address.path.empty() && item.IsMap() && !item["address"]) {
      problems.add(item, "a listener needs an `address`");
    }
    settings.listen.push_back(std::move(listen));
  }
}

void read_audit(const YAML::Node& node, Settings& settings, YamlProblems& problems) {
  constexpr std::string_view known[] = {"file"};
  for (const YamlEntry& entry : entries_of(node, "audit", problems)) {
    if (entry.key != "file") {
      add_unknown_key(entry, "audit", known, problems);
    } else if (const auto file = text_of(entry.value, problems)) {
      settings.audit.file = *file;
    }
  }
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

// An absolute, clean path; nothing, and a problem, for what is none.
std::optional<std::string> path_of(const YAML::Node& node, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return std::nullopt;
  if (!text->empty() && text->front() == '/' && clean_path(*text) == *text) return text;
  problems.add(node, "`" + *text + "` is not a clean absolute path", "no `.`, `..` or `//`");
  return std::nullopt;
}

void read_time(const YamlEntry& entry, std::chrono::milliseconds& out, YamlProblems& problems) {
  const auto seconds = integer_of(entry.value, problems);
  if (!seconds) return;
  if (*seconds < 1 || *seconds > 86'400) {
    problems.add(entry.value, "a time is 1 to 86400 seconds");
    return;
  }
  out = std::chrono::seconds(*seconds);
}

template <class Number>
void read_amount(const YamlEntry& entry,
                 const std::optional<std::int64_t>& amount,
                 std::int64_t least,
                 Number& out,
                 YamlProblems& problems) {
  if (!amount) return;
  if (*amount < least) {
    problems.add(entry.value, "`" + entry.key + "` is at least " + std::to_string(least));
    return;
  }
  out = static_cast<Number>(*amount);
}

void read_limits(const YAML::Node& node, Limits& limits, YamlProblems& problems) {
  constexpr std::string_view known[] = {"head",
                                        "body",
                                        "head_time",
                                        "body_time",
                                        "idle",
                                        "engine_connect",
                                        "drain",
                                        "connections_per_listener",
                                        "connections_per_client"};
  const std::pair<std::string_view, std::chrono::milliseconds*> times[] = {
      {"head_time", &limits.head_time},
      {"body_time", &limits.body_time},
      {"idle", &limits.idle},
      {"engine_connect", &limits.engine_connect},
      {"drain", &limits.drain},
  };
  for (const YamlEntry& entry : entries_of(node, "limits", problems)) {
    const auto* const time = std::find_if(std::begin(times), std::end(times), [&](const auto& row) {
      return row.first == entry.key;
    });
    if (time != std::end(times)) {
      read_time(entry, *time->second, problems);
    } else if (entry.key == "head") {
      read_amount(entry, bytes_of(entry.value, problems), 1024, limits.head, problems);
    } else if (entry.key == "body") {
      read_amount(entry, bytes_of(entry.value, problems), 1024, limits.body, problems);
    } else if (entry.key == "connections_per_listener") {
      const auto number = integer_of(entry.value, problems);
      read_amount(entry, number, 1, limits.connections_per_listener, problems);
    } else if (entry.key == "connections_per_client") {
      const auto number = integer_of(entry.value, problems);
      read_amount(entry, number, 1, limits.connections_per_client, problems);
    } else {
      add_unknown_key(entry, "limits", known, problems);
    }
  }
}

const YamlEntry* entry_named(const std::vector<YamlEntry>& entries, std::string_view key) {
  const auto found = std::find_if(
      entries.begin(), entries.end(), [key](const YamlEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
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

// Clients last: they name policies, and policies must know the Engine's socket.
void read_settings(const YAML::Node& root,
                   const Surroundings& around,
                   Settings& settings,
                   YamlProblems& problems) {
  constexpr std::string_view known[] = {"engine",
                                        "listen",
                                        "audit",
                                        "host_root",
                                        "client_sockets",
                                        "clients",
                                        "policies",
                                        "limits",
                                        "threads"};
  const std::vector<YamlEntry> entries = entries_of(root, "", problems);
  for (const YamlEntry& entry : entries) {
    if (std::find(std::begin(known), std::end(known), entry.key) == std::end(known)) {
      add_unknown_key(entry, "", known, problems);
    } else if (entry.key == "engine") {
      if (const auto address = address_of(entry.value, problems)) settings.engine = *address;
    } else if (entry.key == "listen") {
      read_listen(entry.value, settings, problems);
    } else if (entry.key == "audit") {
      read_audit(entry.value, settings, problems);
    } else if (entry.key == "host_root") {
      if (const auto path = path_of(entry.value, problems)) settings.host_root = *path;
    } else if (entry.key == "client_sockets") {
      if (const auto path = path_of(entry.value, problems)) settings.client_sockets = *path;
    } else if (entry.key == "limits") {
      read_limits(entry.value, settings.limits, problems);
    } else if (entry.key == "threads") {
      read_amount(entry, integer_of(entry.value, problems), 1, settings.threads, problems);
    }
  }
  const YamlEntry* const policies = entry_named(entries, "policies");
  PolicyBook book(
      policies == nullptr ? std::vector<YamlEntry>()
                          : entries_of(policies->value, "policies", problems),
      problems);
  book.read_all();
  const YamlEntry* const clients = entry_named(entries, "clients");
  if (settings.listen.empty()) problems.add(root, "`listen` is missing: nobody could connect");
  if (clients != nullptr) read_clients(clients->value, settings, book, around, problems);
  if (clients == nullptr) problems.add(root, "`clients` is missing: everybody would be refused");
}

// yaml-cpp reports what is no YAML by exceptions, and nothing else of dockgate does.
template <class Read>
void read_yaml(std::string_view yaml, YamlProblems& problems, Read&& read) {
  try {
    read(YAML::Load(std::string(yaml)));
  } catch (const YAML::Exception& error) {
    problems.add(error.mark, "this is not YAML: " + error.msg);
  }
}

}  // namespace

Result<Settings, Problems> load_settings(std::string_view yaml,
                                         std::string_view file,
                                         const Surroundings& around) {
  YamlProblems problems(file);
  Settings settings;
  read_yaml(yaml, problems, [&](const YAML::Node& root) {
    read_settings(root, around, settings, problems);
  });
  if (!problems.empty()) return problems.take();
  return settings;
}

Result<Policy, Problems> load_policy(std::string_view yaml,
                                     std::string_view file,
                                     std::string_view name) {
  YamlProblems problems(file);
  Draft draft;
  read_yaml(yaml, problems, [&](const YAML::Node& root) {
    PolicyBook book({}, problems);
    if (root.IsMap() && root["extends"]) {
      const auto parent_name = text_of(root["extends"], problems);
      const Draft* const parent = parent_name ? book.find(*parent_name, root["extends"]) : nullptr;
      if (parent != nullptr) draft = *parent;
    }
    draft.policy.name = name;
    read_policy(root, "", draft, problems);
  });
  if (!problems.empty()) return problems.take();
  return std::move(draft.policy);
}

Settings with_one_policy(Settings settings, Policy policy, const Surroundings& around) {
  settings.clients.clear();
  add_client({.name = "everybody"}, std::move(policy), around, settings);
  return settings;
}

}  // namespace dockgate::policy
