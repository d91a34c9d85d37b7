#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {

// All capabilities, all devices, no seccomp, no AppArmor: the host by another name.
void check_privileged(const Facts& facts, const Policy& policy, Reasons& reasons) {
  if (facts.privileged && !policy.container.privileged) {
    const std::string listed = what_is_listed(policy.container.cap_add, policy);
    reasons.add("container.privileged",
                facts.privileged->at,
                "privileged",
                "name the capabilities it needs with --cap-add" +
                    (listed.empty() ? listed : "; " + listed));
  }
  if (facts.exec_privileged && !policy.exec.privileged) {
    reasons.add("exec.privileged",
                facts.exec_privileged->at,
                "privileged exec",
                "run it without --privileged, or set exec.allow.privileged");
  }
}

}  // namespace dockgate::policy
