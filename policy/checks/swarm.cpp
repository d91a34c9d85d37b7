#include <string>

#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {
namespace {

void expect_listed(const Asked& asked,
                   const std::string& part,
                   const std::string& name,
                   const Patterns& listed,
                   const Policy& policy,
                   Reasons& reasons) {
  if (listed.match(asked.value)) return;
  reasons.add(part + "." + name,
              asked.at,
              asked.value,
              drop_or_list(part + ".allow." + name, listed, policy));
}

// Each opens a port of the host or calls another one. Whoever manages a swarm is root on its nodes,
// so that to join one is to hand over this host.
void check_addresses(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const SwarmAllow& allow = policy.swarm;
  const auto expect =
      [&](const std::optional<Asked>& asked, const std::string& name, const Patterns& listed) {
        if (asked) expect_listed(*asked, "swarm", name, listed, policy, reasons);
      };
  expect(facts.listen_addr, "listen_addr", allow.listen_addr);
  expect(facts.advertise_addr, "advertise_addr", allow.advertise_addr);
  expect(facts.data_path_addr, "data_path_addr", allow.data_path_addr);
  if (facts.data_path_port) {
    const Asked port{std::to_string(facts.data_path_port->value), facts.data_path_port->at};
    expect_listed(port, "swarm", "data_path_port", allow.data_path_port, policy, reasons);
  }
  for (const Asked& address : facts.remote_addrs) {
    expect_listed(address, "swarm", "remote_addrs", allow.remote_addrs, policy, reasons);
  }
}

// Who signs the nodes' certificates decides who is a node.
void check_trust(const Facts& facts, const SwarmAllow& allow, Reasons& reasons) {
  for (const Asked& authority : facts.external_cas) {
    if (allow.external_cas) break;
    reasons.add("swarm.external_cas",
                authority.at,
                authority.value,
                "let the swarm sign its own certificates, or set swarm.allow.external_cas");
  }
  if (facts.signing_ca && !allow.signing_ca) {
    reasons.add("swarm.signing_ca",
                facts.signing_ca->at,
                facts.signing_ca->value,
                "let the swarm make its own key, or set swarm.allow.signing_ca");
  }
  if (facts.force_new_cluster && !allow.force_new_cluster) {
    reasons.add("swarm.force_new_cluster",
                facts.force_new_cluster->at,
                facts.force_new_cluster->value,
                "start from nothing, or set swarm.allow.force_new_cluster");
  }
}

}  // namespace

void check_swarm(const Facts& facts, const Policy& policy, Reasons& reasons) {
  check_addresses(facts, policy, reasons);
  check_trust(facts, policy.swarm, reasons);
  if (facts.node_role) {
    expect_listed(*facts.node_role, "node", "role", policy.node.role, policy, reasons);
  }
  if (facts.node_availability) {
    expect_listed(*facts.node_availability,
                  "node",
                  "availability",
                  policy.node.availability,
                  policy,
                  reasons);
  }
}

}  // namespace dockgate::policy
