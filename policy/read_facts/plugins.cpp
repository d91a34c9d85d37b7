// Readers of plugins: what they are called, what they are granted, and how they are set.
#include <string>
#include <string_view>

#include "policy/facts.h"
#include "policy/json.h"
#include "policy/place.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

// `Name` with each of its values; the same privilege has its keys in small letters where a service
// grants it.
void read_privileges(const Json& list,
                     std::string_view name_key,
                     std::string_view value_key,
                     const Place& place,
                     Facts& facts) {
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const Json& privilege = list.items[i];
    const std::string name(string_or(privilege.find(name_key), ""));
    const std::string at = place.item(i).text();
    const Json* const values = privilege.find(value_key);
    if (values == nullptr || values->items.empty()) {
      facts.plugin_privileges.push_back({name, "", at});
      continue;
    }
    for (const Json& value : values->items) {
      facts.plugin_privileges.push_back({name, value.text, at});
    }
  }
}

}  // namespace

void read_plugin_name(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.plugin_names.push_back({value.text, place.text()});
}

void read_plugin_privileges(const Json& value, const Place& place, Facts& facts) {
  read_privileges(value, "Name", "Value", place, facts);
}

void read_runtime_privileges(const Json& value, const Place& place, Facts& facts) {
  read_privileges(value, "name", "value", place, facts);
}

void read_plugin_settings(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    facts.plugin_settings.push_back({value.items[i].text, place.item(i).text()});
  }
}

}  // namespace dockgate::policy
