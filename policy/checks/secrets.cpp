#include <string>

#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {

// Services find secrets and configs by their names; a driver is a plugin that is asked for the
// content with root's rights; a template takes what the node and the task know into the content.
void check_secrets(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const auto expect = [&](const std::optional<Asked>& asked,
                          const std::string& part,
                          const std::string& name,
                          const Patterns& listed) {
    if (!asked || listed.match(asked->value)) return;
    reasons.add(part + "." + name,
                asked->at,
                asked->value.empty() ? "no name" : asked->value,
                drop_or_list(part + ".allow." + name, listed, policy));
  };
  expect(facts.secret_name, "secret", "name", policy.secret.name);
  expect(facts.secret_driver, "secret", "driver", policy.secret.driver);
  expect(facts.secret_templating, "secret", "templating", policy.secret.templating);
  expect(facts.config_name, "config", "name", policy.config.name);
  expect(facts.config_templating, "config", "templating", policy.config.templating);
}

}  // namespace dockgate::policy
