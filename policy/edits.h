// What a policy writes into a request itself (`set:`), before it is judged.
#pragma once

#include "policy/policy.h"
#include "policy/request.h"

namespace dockgate::policy {

// `container: { set: { docker_socket: dockgate } }`: where the Engine's socket is asked for as a
// mount, the client's own socket of dockgate takes its place. Body and facts change alike. A build
// whose Dockerfile is read is not to pull: dockgate has it done before.
void apply_edits(Request& request, const Policy& policy);

}  // namespace dockgate::policy
