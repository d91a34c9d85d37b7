#include "policy/load/read_running.h"

#include <string_view>

namespace dockgate::policy {

void read_reload(const YAML::Node& node, Reload& reload, YamlProblems& problems) {
  constexpr std::string_view known[] = {"revoke"};
  for (const YamlEntry& entry : entries_of(node, "reload", problems)) {
    if (entry.key != "revoke") {
      add_unknown_key(entry, "reload", known, problems);
    } else if (const auto revoke = boolean_of(entry.value, problems)) {
      reload.revoke = *revoke;
    }
  }
}

namespace {

void read_level(const YAML::Node& node, Log& log, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return;
  const auto level = log_level_named(*text);
  if (level) log.level = *level;
  if (!level)
    problems.add(node, "`" + *text + "` is no level of the log", "debug, info, warn or error");
}

void read_format(const YAML::Node& node, Log& log, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return;
  if (*text != "text" && *text != "json") {
    problems.add(node, "`" + *text + "` is no format of the log", "text or json");
  }
  log.format = *text == "json" ? Log::Format::json : Log::Format::text;
}

}  // namespace

void read_log(const YAML::Node& node, Log& log, YamlProblems& problems) {
  constexpr std::string_view known[] = {"format", "level"};
  for (const YamlEntry& entry : entries_of(node, "log", problems)) {
    if (entry.key == "format") {
      read_format(entry.value, log, problems);
    } else if (entry.key == "level") {
      read_level(entry.value, log, problems);
    } else {
      add_unknown_key(entry, "log", known, problems);
    }
  }
}

}  // namespace dockgate::policy
