#include <algorithm>

#include "policy/checks/checks.h"
#include "policy/checks/mends.h"
#include "policy/ip_range.h"
#include "policy/shown_option.h"

namespace dockgate::policy {

// A driver can put a container onto the host's own links (macvlan, ipvlan, host), and options can
// attach to a bridge that exists.
void check_networks(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const NetworkAllow& allow = policy.network;
  if (facts.network_driver && !allow.driver.match(facts.network_driver->value)) {
    reasons.add("network.driver",
                facts.network_driver->at,
                facts.network_driver->value,
                drop_or_list("network.allow.driver", allow.driver, policy));
  }
  for (const AskedPair& option : facts.network_options) {
    if (allow.driver_opts.match(option.key + "=" + option.value)) continue;
    reasons.add("network.driver_opts",
                option.at,
                shown_option(option),
                drop_or_list("network.allow.driver_opts", allow.driver_opts, policy));
  }
  for (const Asked& subnet : facts.subnets) {
    const bool within = std::any_of(allow.subnet.begin(), allow.subnet.end(), [&](const auto& net) {
      return lies_within(subnet.value, net);
    });
    if (within) continue;
    reasons.add(
        "network.subnet",
        subnet.at,
        subnet.value,
        "take one within those that network.allow.subnet of policy `" + policy.name + "` lists");
  }
  if (facts.network_config_from && !allow.config_from) {
    reasons.add("network.config_from",
                facts.network_config_from->at,
                facts.network_config_from->value,
                "write the settings into the network itself");
  }
  if (facts.network_scope) {
    reasons.add("network.scope",
                facts.network_scope->at,
                facts.network_scope->value,
                "make the network on this host alone");
  }
}

}  // namespace dockgate::policy
