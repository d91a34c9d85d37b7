#include "proxy/startup.h"

#include <grp.h>
#include <pwd.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "certs/fingerprint.h"
#include "policy/load/load_settings.h"
#include "proxy/healthcheck.h"

namespace dockgate::proxy {
namespace {

using policy::Policy;
using policy::Problem;
using policy::Problems;
using policy::Settings;

std::optional<std::string> text_of_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.good() && !stream.eof()) return std::nullopt;
  if (!stream.is_open()) return std::nullopt;
  return text;
}

Problems unreadable(const std::string& file) {
  return {Problem{file, 0, 0, std::string("cannot be read: ") + std::strerror(errno), ""}};
}

Result<Policy, Problems> policy_for(const std::string& name) {
  for (const policy::Preset& preset : policy::presets()) {
    if (preset.name == name) return policy::load_policy(preset.yaml, preset.name, preset.name);
  }
  const auto text = text_of_file(name);
  if (!text) return unreadable(name);
  return policy::load_policy(*text, name, std::filesystem::path(name).stem().string());
}

std::optional<std::uint32_t> user_id(const std::string& name) {
  const passwd* const found = ::getpwnam(name.c_str());
  if (found == nullptr) return std::nullopt;
  return found->pw_uid;
}

std::optional<std::uint32_t> group_id(const std::string& name) {
  const group* const found = ::getgrnam(name.c_str());
  if (found == nullptr) return std::nullopt;
  return found->gr_gid;
}

std::optional<std::uint32_t> group_of_user(std::uint32_t user) {
  const passwd* const found = ::getpwuid(user);
  if (found == nullptr) return std::nullopt;
  return found->pw_gid;
}

policy::Surroundings surroundings(const std::string& config_file) {
  std::error_code unknown;
  return {.working_directory = std::filesystem::current_path(unknown).string(),
          .config_file = config_file,
          .user_id = user_id,
          .group_id = group_id,
          .group_of_user = group_of_user,
          .fingerprint = certs::fingerprint};
}

// A configuration says where to listen; a policy by itself does not.
bool is_policy_alone(const std::string& text) {
  return ("\n" + text).find("\nlisten:") == std::string::npos &&
         ("\n" + text).find("\nclients:") == std::string::npos;
}

// The options are read by the same rules as a file: they are written as one.
Result<Settings, Problems> settings_of_options(const CommandLine& options) {
  std::string yaml = "engine: \"" + options.engine + "\"\n";
  if (!options.host_root.empty()) yaml += "host_root: \"" + options.host_root + "\"\n";
  if (!options.admin.empty()) yaml += "admin: { address: \"" + options.admin + "\" }\n";
  yaml += "audit: { file: \"" + options.audit + "\" }\nlisten:\n";
  for (const std::string& address : options.listen) {
    yaml += "  - { address: \"" + address + "\"";
    const bool in_file_system = address.compare(0, 6, "tcp://") != 0;
    if (in_file_system) {
      yaml += ", mode: \"" + options.mode + "\", group: \"" + options.group + "\"";
    }
    yaml += " }\n";
  }
  yaml += "clients: [{ name: everybody, policy: baseline }]\n";
  auto settings = policy::load_settings(yaml, "command line", surroundings(""));
  if (!settings) return settings.error();
  auto policy = policy_for(options.policy);
  if (!policy) return policy.error();
  return policy::with_one_policy(std::move(*settings), std::move(*policy), surroundings(""));
}

Result<Settings, Problems> settings_of_file(const CommandLine& command_line) {
  const auto text = text_of_file(command_line.config);
  if (!text) return unreadable(command_line.config);
  return policy::load_settings(*text, command_line.config, surroundings(command_line.config));
}

}  // namespace

Result<Settings, Problems> settings_for(const CommandLine& command_line) {
  auto settings = command_line.config.empty() ? settings_of_options(command_line)
                                              : settings_of_file(command_line);
  if (!settings) return settings;
  if (command_line.threads != 0) settings->threads = command_line.threads;
  settings->log.level =
      policy::log_level_named(command_line.log_level).value_or(settings->log.level);
  return settings;
}

std::vector<std::string> files_of(const CommandLine& command_line) {
  if (!command_line.config.empty()) return {command_line.config};
  for (const policy::Preset& preset : policy::presets()) {
    if (preset.name == command_line.policy) return {};
  }
  return {command_line.policy};
}

Source source_of(const CommandLine& command_line, const confine::Confinement& confinement) {
  const auto load = [&command_line, &confinement] {
    auto settings = settings_for(command_line);
    if (!settings && !confinement.finds_names()) {
      spdlog::warn(
          "dockgate was started with settings that name users and groups by numbers alone: "
          "it finds no names until it is restarted");
    }
    return settings;
  };
  return {.load = load,
          .files = files_of(command_line),
          .objection = [&confinement](const Settings& wanted) {
            return confinement.objection_to(wanted);
          }};
}

std::vector<const Policy*> policies_of(const Settings& settings) {
  std::vector<const Policy*> policies;
  for (const policy::Client& client : settings.clients) {
    const Policy* const one = client.policy.get();
    if (std::find(policies.begin(), policies.end(), one) == policies.end()) policies.push_back(one);
  }
  return policies;
}

std::string name_and_digest(const Policy& policy) {
  // One that is no client's has none yet.
  return policy.name + " " +
         (policy.digest.empty() ? certs::fingerprint(policy::describe(policy)) : policy.digest);
}

int check_file(const std::string& file) {
  const auto text = text_of_file(file);
  if (!text) {
    print(unreadable(file));
    return 2;
  }
  if (is_policy_alone(*text)) {
    const auto policy =
        policy::load_policy(*text, file, std::filesystem::path(file).stem().string());
    if (policy) {
      std::cout << policy::describe(*policy) << "\n" << name_and_digest(*policy) << "\n";
      return 0;
    }
    print(policy.error());
    return 2;
  }
  const auto settings = policy::load_settings(*text, file, surroundings(file));
  if (settings) {
    std::cout << policy::describe(*settings) << "\n";
    for (const policy::Policy* one : policies_of(*settings)) {
      std::cout << name_and_digest(*one) << "\n";
    }
    for (const std::string& warning : policy::clients_that_never_match(*settings)) {
      std::cout << "warning: " << warning << "\n";
    }
    return 0;
  }
  print(settings.error());
  return 2;
}

int check_health(const CommandLine& command_line) {
  const auto settings = settings_for(command_line);
  if (settings) return healthcheck(*settings);
  print(settings.error());
  return 1;
}

void print(const Problems& problems) {
  for (const Problem& problem : problems) std::cerr << problem.text() << "\n";
}

}  // namespace dockgate::proxy
