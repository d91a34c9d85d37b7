#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {

// Most log drivers make the Engine connect to wherever their options say, host sockets included.
void check_logging(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const ContainerAllow& allow = policy.container;
  if (facts.log_driver && !allow.logging.match(facts.log_driver->value)) {
    reasons.add("container.logging",
                facts.log_driver->at,
                facts.log_driver->value,
                drop_or_list("container.allow.logging", allow.logging, policy));
  }
  for (const AskedPair& option : facts.log_options) {
    if (allow.log_opt.match(option.key)) continue;
    reasons.add("container.log_opt",
                option.at,
                option.key,
                drop_or_list("container.allow.log_opt", allow.log_opt, policy));
  }
}

}  // namespace dockgate::policy
