#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {

// What runs the container, where its resources are counted, and the kernel settings it starts
// with: all three are the host's.
void check_runtime(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const ContainerAllow& allow = policy.container;
  if (facts.runtime && !allow.runtime.match(facts.runtime->value)) {
    reasons.add("container.runtime",
                facts.runtime->at,
                facts.runtime->value,
                drop_or_list("container.allow.runtime", allow.runtime, policy));
  }
  if (facts.cgroup_parent && !allow.cgroup_parent.name(facts.cgroup_parent->value)) {
    reasons.add("container.cgroup_parent",
                facts.cgroup_parent->at,
                facts.cgroup_parent->value,
                drop_or_list("container.allow.cgroup_parent", allow.cgroup_parent, policy));
  }
  for (const AskedPair& sysctl : facts.sysctls) {
    if (allow.sysctls.match(sysctl.key)) continue;
    reasons.add("container.sysctls",
                sysctl.at,
                sysctl.key + "=" + sysctl.value,
                drop_or_list("container.allow.sysctls", allow.sysctls, policy));
  }
  for (const AskedPair& annotation : facts.annotations) {
    if (allow.annotations.match(annotation.key)) continue;
    reasons.add("container.annotations",
                annotation.at,
                annotation.key,
                drop_or_list("container.allow.annotations", allow.annotations, policy));
  }
}

}  // namespace dockgate::policy
