#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {
namespace {

// dockgate's own: what tells whose an object is must not come from whoever makes it.
bool is_reserved(const std::string& key) { return key.compare(0, 9, "dockgate.") == 0; }

}  // namespace

void check_labels(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const Patterns& listed = policy.container.labels;
  for (const AskedPair& label : facts.labels) {
    const bool allowed = is_reserved(label.key) ? listed.name(label.key) : listed.match(label.key);
    if (allowed) continue;
    reasons.add("container.labels",
                label.at,
                label.key,
                drop_or_list("container.allow.labels", listed, policy));
  }
}

}  // namespace dockgate::policy
