// Facts in short, for the audit trail: who mounted what, with which rights. Never a value of an
// environment variable, a label, a registry credential or a build argument.
#pragma once

#include <string>

#include "policy/request.h"

namespace dockgate::policy {

// One JSON object, such as {"image":"alpine","cap_add":["NET_ADMIN"],"bind_mounts":["/a:/b:ro"]};
// absent facts are left out. Appended to `out`.
void write_summary(const Request& request, std::string& out);

}  // namespace dockgate::policy
