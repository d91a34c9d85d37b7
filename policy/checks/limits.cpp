#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {

// Settings that make the host suffer first: a container that the kernel may not kill, or only
// after everything else, and limits that are the host's own.
void check_limits(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const ContainerAllow& allow = policy.container;
  if (facts.oom_kill_disable && !allow.oom_kill_disable) {
    reasons.add("container.oom_kill_disable",
                facts.oom_kill_disable->at,
                "true",
                "let the kernel end the container when memory runs out");
  }
  if (facts.oom_score_adj && facts.oom_score_adj->value < allow.oom_score_adj) {
    reasons.add("container.oom_score_adj",
                facts.oom_score_adj->at,
                std::to_string(facts.oom_score_adj->value),
                "ask for " + std::to_string(allow.oom_score_adj) + " or more");
  }
  for (const Ulimit& ulimit : facts.ulimits) {
    if (allow.ulimits.match(ulimit.name)) continue;
    reasons.add("container.ulimits",
                ulimit.at,
                ulimit.name,
                drop_or_list("container.allow.ulimits", allow.ulimits, policy));
  }
}

}  // namespace dockgate::policy
