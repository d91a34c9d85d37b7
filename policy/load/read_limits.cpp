#include "policy/load/read_limits.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace dockgate::policy {
namespace {

void read_time(const YamlEntry& entry, std::chrono::milliseconds& out, YamlProblems& problems) {
  const auto seconds = integer_of(entry.value, problems);
  if (!seconds) return;
  if (*seconds < 1 || *seconds > 86'400) {
    problems.add(entry.value, "a time is 1 to 86400 seconds");
    return;
  }
  out = std::chrono::seconds(*seconds);
}

}  // namespace

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

}  // namespace dockgate::policy
