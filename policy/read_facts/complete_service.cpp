#include "policy/read_facts/complete_service.h"

#include <algorithm>
#include <string>

namespace dockgate::policy {
namespace {

// `Networks` beside the task's is read by some Engines and not by others: only the task's own
// say for certain that it is not on the bridge.
bool names_its_networks(const Facts& facts) {
  const auto of_the_task = [](const auto& asked) {
    return asked.at.find("/TaskTemplate/Networks/") != std::string::npos;
  };
  return std::any_of(facts.networks.begin(), facts.networks.end(), of_the_task) ||
         std::any_of(facts.references.begin(), facts.references.end(), of_the_task);
}

void forget_no_new_privileges(Facts& facts) {
  auto& options = facts.security_opt;
  options.erase(std::remove_if(
                    options.begin(),
                    options.end(),
                    [](const SecurityOption& option) { return option.key == "no-new-privileges"; }),
                options.end());
}

}  // namespace

void complete_service(std::optional<ApiVersion> version, Facts& facts) {
  const ApiVersion spoken = version.value_or(oldest_api);
  facts.of = Facts::Of::container;
  facts.service = true;
  if (!names_its_networks(facts)) {
    facts.namespaces.push_back({NamespaceKind::network, "bridge", "/TaskTemplate/Networks"});
  }
  if (!facts.restart) {
    facts.restart = Asked{"always", "/TaskTemplate/RestartPolicy/Condition"};
  } else if (facts.restart->value == "no") {
    facts.restart.reset();
  }
  if (spoken < ApiVersion{1, 28}) facts.read_only.reset();
  if (spoken < ApiVersion{1, 41}) facts.cap_drop.clear();
  if (spoken < ApiVersion{1, 41}) facts.pids_limit.reset();
  if (spoken < ApiVersion{1, 44}) forget_no_new_privileges(facts);
  if (spoken < ApiVersion{1, 52}) facts.memswap_limit.reset();
}

}  // namespace dockgate::policy
