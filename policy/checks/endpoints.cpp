#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {

// Who a container is to its neighbours: names and addresses that it chooses can be another's.
void check_endpoints(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const ContainerAllow& allow = policy.container;
  refuse_unlisted({"container", "aliases", allow.aliases}, facts.aliases, policy, reasons);
  refuse_unlisted({"container", "ip_address", allow.ip_address}, facts.addresses, policy, reasons);
  refuse_unlisted(
      {"container", "mac_address", allow.mac_address}, facts.mac_addresses, policy, reasons);
  // What a build writes into /etc/hosts is judged with the build.
  if (facts.of != Facts::Of::container) return;
  refuse_unlisted(
      {"container", "extra_hosts", allow.extra_hosts}, facts.extra_hosts, policy, reasons);
}

}  // namespace dockgate::policy
