// The sinks that settings ask for beside the file.
#pragma once

#include <memory>
#include <vector>

#include "certs/result.h"
#include "policy/settings.h"
#include "proxy/audit/sink.h"

namespace dockgate::proxy::audit {

// Fails where a file that a sink needs cannot be used. Servers that are not there are no failure.
certs::Result<std::vector<std::unique_ptr<Sink>>> sinks_for(const policy::AuditSettings& settings);

}  // namespace dockgate::proxy::audit
