#include "policy/checks/mends.h"

namespace dockgate::policy {

std::string drop_or_list(std::string_view setting, const Patterns& listed, const Policy& policy) {
  std::string mend = "drop it, or list it under " + std::string(setting);
  const std::string known = what_is_listed(listed, policy);
  return known.empty() ? mend : mend + "; " + known;
}

void refuse_unlisted(const Setting& setting,
                     const Asked& asked,
                     const Policy& policy,
                     Reasons& reasons) {
  if (setting.listed.match(asked.value)) return;
  reasons.add(
      setting.rule(), asked.at, asked.value, drop_or_list(setting.key(), setting.listed, policy));
}

void refuse_unlisted(const Setting& setting,
                     const std::vector<Asked>& asked,
                     const Policy& policy,
                     Reasons& reasons) {
  for (const Asked& one : asked) refuse_unlisted(setting, one, policy, reasons);
}

void refuse_unlisted(const Setting& setting,
                     const std::optional<Asked>& asked,
                     const Policy& policy,
                     Reasons& reasons) {
  if (asked) refuse_unlisted(setting, *asked, policy, reasons);
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
