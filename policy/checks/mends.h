// The second half of a reason: what to do about it, in the words of the policy at hand.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/facts.h"
#include "policy/policy.h"
#include "policy/verdict.h"

namespace dockgate::policy {

// "drop it, or list it under container.allow.pid", and what the policy lists where that is short.
std::string drop_or_list(std::string_view setting, const Patterns& listed, const Policy& policy);

// A setting that lists what may be asked for: `container` `cap_add`, which stands under
// container.allow.cap_add and refuses by the rule container.cap_add.
struct Setting {
  std::string_view part;
  std::string_view name;
  const Patterns& listed;

  std::string rule() const { return std::string(part) + "." + std::string(name); }

  std::string key() const { return std::string(part) + ".allow." + std::string(name); }
};

// Adds a reason for each of `asked` that the setting does not list.
void refuse_unlisted(const Setting& setting,
                     const Asked& asked,
                     const Policy& policy,
                     Reasons& reasons);
void refuse_unlisted(const Setting& setting,
                     const std::vector<Asked>& asked,
                     const Policy& policy,
                     Reasons& reasons);
void refuse_unlisted(const Setting& setting,
                     const std::optional<Asked>& asked,
                     const Policy& policy,
                     Reasons& reasons);

// "`ci` lists A, B"; "" where it lists nothing or more than fits a line.
std::string what_is_listed(const Patterns& listed, const Policy& policy);

}  // namespace dockgate::policy
