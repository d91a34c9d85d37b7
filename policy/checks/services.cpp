#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {
namespace {

void check_use(const std::vector<Asked>& used,
               const std::string& name,
               const Patterns& listed,
               const Policy& policy,
               Reasons& reasons) {
  for (const Asked& asked : used) {
    if (listed.match(asked.value)) continue;
    reasons.add("service." + name,
                asked.at,
                asked.value,
                drop_or_list("service.allow." + name, listed, policy));
  }
}

// Tasks that are no containers: code that runs as root on every node, or a place in a network.
void check_kind(const Facts& facts, const ServiceAllow& allow, Reasons& reasons) {
  if (facts.service_plugin && !allow.plugin) {
    reasons.add("service.plugin",
                facts.service_plugin->at,
                facts.service_plugin->value,
                "run containers, or set service.allow.plugin");
  }
  if (facts.network_attachment && !allow.network_attachment) {
    reasons.add("service.network_attachment",
                facts.network_attachment->at,
                facts.network_attachment->value,
                "run containers, or set service.allow.network_attachment");
  }
  if (facts.task_runtime) {
    reasons.add("service.runtime",
                facts.task_runtime->at,
                facts.task_runtime->value,
                "run tasks of the kind `container`");
  }
}

// An update can bring back what the service was before, and keep credentials of either.
void check_update(const Facts& facts, Reasons& reasons) {
  if (facts.rollback && facts.rollback->value != "previous") {
    reasons.add("service.rollback",
                facts.rollback->at,
                facts.rollback->value,
                "roll back to `previous`, of a service that has been updated");
  }
  if (facts.registry_auth_from) {
    reasons.add("service.registry_auth_from",
                facts.registry_auth_from->at,
                facts.registry_auth_from->value,
                "say `spec` or `previous-spec`");
  }
}

}  // namespace

// What a service has beyond its containers, which are judged as containers are.
void check_services(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const ServiceAllow& allow = policy.service;
  check_kind(facts, allow, reasons);
  check_use(facts.placement, "placement", allow.placement, policy, reasons);
  check_use(facts.secrets, "secrets", allow.secrets, policy, reasons);
  check_use(facts.configs, "configs", allow.configs, policy, reasons);
  for (const Asked& text : facts.templates) {
    reasons.add("service.template",
                text.at,
                text.value,
                "write out what is mounted: a node would expand this after it was judged");
  }
  check_update(facts, reasons);
}

}  // namespace dockgate::policy
