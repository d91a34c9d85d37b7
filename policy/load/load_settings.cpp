#include "policy/load/load_settings.h"

#include <algorithm>
#include <utility>

#include "policy/host_path.h"
#include "policy/load/policy_book.h"
#include "policy/load/read_audit.h"
#include "policy/load/read_clients.h"
#include "policy/load/read_confinement.h"
#include "policy/load/read_limits.h"
#include "policy/load/read_listen.h"
#include "policy/load/read_policy.h"
#include "policy/load/read_running.h"
#include "policy/load/strict_yaml.h"

namespace dockgate::policy {
namespace {

// An absolute, clean path; nothing, and a problem, for what is none.
std::optional<std::string> path_of(const YAML::Node& node, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return std::nullopt;
  if (!text->empty() && text->front() == '/' && clean_path(*text) == *text) return text;
  problems.add(node, "`" + *text + "` is not a clean absolute path", "no `.`, `..` or `//`");
  return std::nullopt;
}

const YamlEntry* entry_named(const std::vector<YamlEntry>& entries, std::string_view key) {
  const auto found = std::find_if(
      entries.begin(), entries.end(), [key](const YamlEntry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

// Clients last: they name policies, and policies must know the Engine's socket.
void read_settings(const YAML::Node& root,
                   const Surroundings& around,
                   Settings& settings,
                   YamlProblems& problems) {
  constexpr std::string_view known[] = {"engine",
                                        "listen",
                                        "admin",
                                        "audit",
                                        "reload",
                                        "log",
                                        "confinement",
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
      if (const auto address = unix_address_of(entry.value, problems)) settings.engine = *address;
    } else if (entry.key == "listen") {
      read_listen(entry.value, around, settings, problems);
    } else if (entry.key == "admin") {
      settings.admin = read_listener(entry.value, "admin", around, problems);
    } else if (entry.key == "audit") {
      read_audit(entry.value, around, settings.audit, problems);
    } else if (entry.key == "reload") {
      read_reload(entry.value, settings.reload, problems);
    } else if (entry.key == "log") {
      read_log(entry.value, settings.log, problems);
    } else if (entry.key == "confinement") {
      read_confinement(entry.value, around, settings, problems);
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
  PolicyBook book(policies == nullptr ? std::vector<YamlEntry>()
                                      : entries_of(policies->value, "policies", problems),
                  problems);
  book.read_all();
  const YamlEntry* const clients = entry_named(entries, "clients");
  if (settings.listen.empty()) problems.add(root, "`listen` is missing: nobody could connect");
  if (settings.admin) check_admin(entry_named(entries, "admin")->value, settings, problems);
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
    make_indexes(draft.policy);
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
