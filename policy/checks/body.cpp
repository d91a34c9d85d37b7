#include <algorithm>

#include "policy/checks/checks.h"

namespace dockgate::policy {

// A field that dockgate has no row for means something to an Engine newer than dockgate, and
// nobody here has judged what.
void check_body(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const std::vector<std::string>& known = policy.container.unknown_fields;
  for (const Asked& field : facts.unknown_fields) {
    if (std::find(known.begin(), known.end(), field.at) != known.end()) continue;
    reasons.add("body.unknown_field",
                field.at,
                field.value,
                "leave it out; dockgate does not know this field of the Engine API, an operator "
                "who does can list its pointer under container.allow.unknown_fields");
  }
}

}  // namespace dockgate::policy
