#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {

// A container may add only the capabilities its policy lists. Facts hold one spelling of each, so
// this is a plain look-up; ALL has to be listed by that name.
void check_capabilities(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const Patterns& listed = policy.container.cap_add;
  for (const Asked& asked : facts.cap_add) {
    const bool allowed =
        asked.value == "ALL" ? listed.name(asked.value) : listed.match(asked.value);
    if (allowed) continue;
    reasons.add("container.cap_add",
                asked.at,
                asked.value,
                drop_or_list("container.allow.cap_add", listed, policy));
  }
}

}  // namespace dockgate::policy
