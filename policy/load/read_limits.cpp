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
                                        "handshake_time",
                                        "idle",
                                        "answer_time",
                                        "engine_connect",
                                        "engine_answer",
                                        "drain",
                                        "inspected",
                                        "connections_per_listener",
                                        "connections_per_client"};
  const std::pair<std::string_view, std::chrono::milliseconds*> times[] = {
      {"head_time", &limits.head_time},
      {"body_time", &limits.body_time},
      {"handshake_time", &limits.handshake_time},
      {"idle", &limits.idle},
      {"answer_time", &limits.answer_time},
      {"engine_connect", &limits.engine_connect},
      {"engine_answer", &limits.engine_answer},
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
    } else if (entry.key == "inspected") {
      read_amount(entry, bytes_of(entry.value, problems), 1024, limits.inspected, problems);
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

void read_client_limits(const YAML::Node& node, ClientLimits& limits, YamlProblems& problems) {
  constexpr std::string_view known[] = {
      "connections", "requests_per_second", "burst", "inspected_bodies"};
  for (const YamlEntry& entry : entries_of(node, "clients.limits", problems)) {
    if (std::find(std::begin(known), std::end(known), entry.key) == std::end(known)) {
      add_unknown_key(entry, "clients.limits", known, problems);
      continue;
    }
    const auto number = integer_of(entry.value, problems);
    if (entry.key == "connections") {
      std::size_t connections = 0;
      read_amount(entry, number, 1, connections, problems);
      if (connections != 0) limits.connections = connections;
    } else if (entry.key == "requests_per_second") {
      read_amount(entry, number, 1, limits.requests_per_second, problems);
    } else if (entry.key == "burst") {
      read_amount(entry, number, 1, limits.burst, problems);
    } else {
      read_amount(entry, number, 1, limits.inspected_bodies, problems);
    }
  }
  if (limits.burst != 0 && limits.requests_per_second == 0) {
    problems.add(node, "`burst` means nothing without `requests_per_second`");
  }
}

}  // namespace dockgate::policy
