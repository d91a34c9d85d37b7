#include "policy/load/policy_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "policy/host_path.h"
#include "policy/image_reference.h"
#include "policy/ip_range.h"

namespace dockgate::policy {
namespace {

bool is_capability(std::string_view name) {
  const auto known = all_capabilities();
  return std::find(known.begin(), known.end(), name) != known.end();
}

std::optional<Access> access_of(const YAML::Node& node, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (text && *text == "ro") return Access::read_only;
  if (text && *text == "rw") return Access::read_write;
  if (text) problems.add(node, "access is `ro` or `rw`, not `" + *text + "`");
  return std::nullopt;
}

void check_source(const YAML::Node& node, const std::string& source, YamlProblems& problems) {
  const std::string path = AllowedBind{.source = source}.root();
  if (path.empty() || path.front() != '/' || clean_path(path) != path) {
    problems.add(node, "`" + source + "` is not a clean absolute path", "no `.`, `..` or `//`");
  } else if (path.find('*') != std::string::npos) {
    problems.add(node, "`*` may stand only at the end of a source, as `/**`");
  }
}

// A source that could never be granted as it is listed is told now, not when the first container
// is refused.
void check_danger(const YAML::Node& node, const AllowedBind& bind, YamlProblems& problems) {
  const std::string root = bind.root();
  const std::string socket = reachable_socket(root, {});
  const std::string danger = socket.empty() ? guard_of(root, {}, "") : socket;
  if (bind.dangerous && bind.is_deep()) {
    problems.add(node, "`dangerous` is for one path alone, not for all beneath it");
  } else if (!bind.dangerous && !bind.is_deep() && !danger.empty()) {
    problems.add(node,
                 "`" + bind.source + "` leads to " + danger,
                 "list another path, or say `dangerous: true` to grant exactly this one");
  }
}

void read_bind_key(const YamlEntry& entry, AllowedBind& bind, YamlProblems& problems) {
  constexpr std::string_view known[] = {"source", "access", "propagation", "dangerous"};
  if (entry.key == "source") {
    if (const auto text = text_of(entry.value, problems)) {
      check_source(entry.value, *text, problems);
      bind.source = *text;
    }
  } else if (entry.key == "access") {
    if (const auto access = access_of(entry.value, problems)) bind.access = *access;
  } else if (entry.key == "propagation") {
    if (const auto text = text_of(entry.value, problems)) bind.propagation = *text;
  } else if (entry.key == "dangerous") {
    bind.dangerous = boolean_of(entry.value, problems).value_or(false);
  } else {
    add_unknown_key(entry, "bind_mounts", known, problems);
  }
}

bool is_port_or_range(std::string_view text) {
  if (text == "*") return true;
  const std::size_t dash = text.find('-');
  for (const std::string_view part :
       {text.substr(0, dash), dash == std::string_view::npos ? text : text.substr(dash + 1)}) {
    unsigned port = 0;
    const auto [stop, error] = std::from_chars(part.data(), part.data() + part.size(), port);
    if (error != std::errc() || stop != part.data() + part.size() || port > 65535) return false;
  }
  return true;
}

}  // namespace

Patterns patterns_of(const YAML::Node& node, YamlProblems& problems) {
  Patterns patterns;
  for (const YAML::Node& item : list_of(node, problems)) {
    if (const auto text = text_of(item, problems)) patterns.all.push_back(*text);
  }
  return patterns;
}

// `NET_ADMIN` or `cap_net_admin`, as one spelling; nothing, and a problem, for what is none.
std::optional<std::string> capability_of(const YAML::Node& node, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return std::nullopt;
  std::string name = *text;
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  if (name.compare(0, 4, "CAP_") == 0) name.erase(0, 4);
  if (name == "ALL" || is_capability(name)) return name;
  problems.add(
      node, "`" + *text + "` is no capability of Linux", did_you_mean(name, all_capabilities()));
  return std::nullopt;
}

std::vector<AllowedBind> binds_of(const YAML::Node& node, YamlProblems& problems) {
  std::vector<AllowedBind> binds;
  for (const YAML::Node& item : list_of(node, problems)) {
    AllowedBind bind;
    for (const YamlEntry& entry : entries_of(item, "bind_mounts", problems)) {
      read_bind_key(entry, bind, problems);
    }
    if (bind.source.empty() && item.IsMap()) problems.add(item, "a bind mount needs a `source`");
    if (!bind.source.empty()) check_danger(item, bind, problems);
    binds.push_back(std::move(bind));
  }
  return binds;
}

// `/dev/fuse` or `/dev/fuse:rw`
std::vector<AllowedDevice> devices_of(const YAML::Node& node, YamlProblems& problems) {
  std::vector<AllowedDevice> devices;
  for (const YAML::Node& item : list_of(node, problems)) {
    const auto text = text_of(item, problems);
    if (!text) continue;
    const std::size_t colon = text->find(':');
    AllowedDevice device{.path = text->substr(0, colon)};
    if (colon != std::string::npos) device.permissions = text->substr(colon + 1);
    const bool valid = device.path.compare(0, 1, "/") == 0 &&
                       clean_path(device.path) == device.path && !device.permissions.empty() &&
                       device.permissions.find_first_not_of("rwm") == std::string::npos;
    if (!valid) problems.add(item, "`" + *text + "` is no device", "write it as /dev/fuse:rwm");
    devices.push_back(std::move(device));
  }
  return devices;
}

Patterns ports_of(const YAML::Node& node, YamlProblems& problems) {
  for (const YAML::Node& item : list_of(node, problems)) {
    const auto text = text_of(item, problems);
    if (!text || is_port_or_range(text->substr(text->rfind(':') + 1))) continue;
    problems.add(
        item, "`" + *text + "` is no port", "write it as 8080, 8000-8999, 127.0.0.1:8080 or `*`");
  }
  return patterns_of(node, problems);
}

// A decimal number, in billionths: Docker's processors, and seconds.
std::optional<std::int64_t> billionths_of(const YAML::Node& node,
                                          std::string_view what,
                                          YamlProblems& problems) {
  constexpr double most = 1e6;
  if (node.IsScalar()) {
    const std::string& text = node.Scalar();
    double number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool valid = error == std::errc() && stop == text.data() + text.size();
    if (valid && number > 0 && number < most) return std::llround(number * 1e9);
  }
  problems.add(node, "a number of " + std::string(what) + " is expected here", "write it as 1.5");
  return std::nullopt;
}

Patterns references_of(const YAML::Node& node, YamlProblems& problems) {
  for (const YAML::Node& item : list_of(node, problems)) {
    const auto text = text_of(item, problems);
    const std::string problem = text ? problem_of_reference_pattern(*text) : "";
    if (problem.empty()) continue;
    problems.add(item, problem, "write it as docker.io/library/* or registry.example.com/**");
  }
  return patterns_of(node, problems);
}

std::vector<std::string> ranges_of(const YAML::Node& node, YamlProblems& problems) {
  for (const YAML::Node& item : list_of(node, problems)) {
    const auto text = text_of(item, problems);
    if (!text || is_ip_range(*text)) continue;
    problems.add(item, "`" + *text + "` is no range of addresses", "write it as 10.0.0.0/8");
  }
  return patterns_of(node, problems).all;
}

std::optional<std::int64_t> limit_of(Unit unit, const YAML::Node& node, YamlProblems& problems) {
  const auto value = unit == Unit::processors ? billionths_of(node, "processors", problems)
                     : unit == Unit::bytes    ? bytes_of(node, problems)
                                              : integer_of(node, problems);
  if (value && *value <= 0) {
    problems.add(node, "a limit must be above 0");
    return std::nullopt;
  }
  return value;
}

}  // namespace dockgate::policy
