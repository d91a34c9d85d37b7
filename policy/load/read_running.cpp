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

}  // namespace dockgate::policy
