// How much a record asks for attention, in syslog's numbers, which the journal shares.
#pragma once

#include "policy/json.h"

namespace dockgate::proxy::audit {

// warning (4) for what is refused and for a trail that resumes after a failure, notice (5) for what
// would be refused, info (6) for the rest.
inline int severity_of(const policy::Json& record) {
  const std::string_view verdict = policy::string_or(record.find("verdict"), "");
  if (verdict == "refuse" || policy::string_or(record.find("after"), "") == "failure") return 4;
  return verdict == "would_refuse" ? 5 : 6;
}

}  // namespace dockgate::proxy::audit
