#include <algorithm>

#include "policy/checks/checks.h"
#include "policy/checks/mends.h"
#include "policy/image_reference.h"

namespace dockgate::policy {
namespace {

// Plugins are named as images are. But the Engine takes the first digits of an id for a name too,
// so that a pattern could stand for a plugin that it does not name: what may be an id is only meant
// where it is written out.
bool is_listed(const std::string& name, const Patterns& listed) {
  const auto reference = parse_reference(name);
  if (!reference) return false;
  if (reads_as_id(name)) return listed.name(reference->name()) || listed.name(reference->text());
  return std::any_of(listed.all.begin(), listed.all.end(), [&reference](const auto& pattern) {
    return reference_matches(pattern, *reference);
  });
}

}  // namespace

// A plugin is code that runs as root on the host, with whatever it is granted.
void check_plugins(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const PluginAllow& allow = policy.plugin;
  for (const Asked& plugin : facts.plugin_names) {
    if (is_listed(plugin.value, allow.name)) continue;
    reasons.add("plugin.name",
                plugin.at,
                plugin.value,
                drop_or_list("plugin.allow.name", allow.name, policy));
  }
  for (const AskedPair& privilege : facts.plugin_privileges) {
    const std::string asked = privilege.key + "=" + privilege.value;
    if (allow.privileges.match(asked)) continue;
    reasons.add("plugin.privileges",
                privilege.at,
                asked,
                drop_or_list("plugin.allow.privileges", allow.privileges, policy));
  }
  for (const Asked& setting : facts.plugin_settings) {
    if (allow.settings.match(setting.value)) continue;
    const std::string key = setting.value.substr(0, setting.value.find('='));
    reasons.add("plugin.settings",
                setting.at,
                key,
                drop_or_list("plugin.allow.settings", allow.settings, policy));
  }
  if (facts.plugin_create && !allow.create) {
    reasons.add("plugin.create",
                facts.plugin_create->at,
                facts.plugin_create->value,
                "pull a plugin that is listed, or set plugin.allow.create");
  }
}

}  // namespace dockgate::policy
