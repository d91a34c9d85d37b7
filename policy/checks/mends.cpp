#include "policy/checks/mends.h"

namespace dockgate::policy {

std::string drop_or_list(std::string_view setting, const Patterns& listed, const Policy& policy) {
  std::string mend = "drop it, or list it under " + std::string(setting);
  const std::string known = what_is_listed(listed, policy);
  return known.empty() ? mend : mend + "; " + known;
}

std::string what_is_listed(const Patterns& listed, const Policy& policy) {
  constexpr std::size_t few = 6;
  if (listed.all.empty() || listed.all.size() > few) return "";
  std::string text = "`" + policy.name + "` lists ";
  for (const std::string& pattern : listed.all) {
    if (&pattern != &listed.all.front()) text += ", ";
    text += pattern;
  }
  return text;
}

}  // namespace dockgate::policy
