// Leaving HTTP for something else on the same connection: only some operations can, and only to
// what each of them speaks.
#pragma once

#include <optional>
#include <string_view>

#include "policy/api/operations.h"
#include "proxy/http/head.h"

namespace dockgate::proxy::http {

// What the client asks the connection to become: `tcp`, `websocket`, `h2c`; "" where it does not
// ask, or where the operation has nothing to become and the wish is ignored as the Engine does.
// Refuses what neither side would agree on: another protocol, or one that `Connection` does not
// name.
Result<std::string_view, Malformed> upgrade_of(const RequestHead& head, policy::Flow flow);

// Whether the Engine's answer turns the connection into raw bytes: 101 to what was asked, or, on
// attach and exec, 200 with a raw stream that has no end but the connection's.
bool becomes_tunnel(const ResponseHead& answer, std::string_view asked, policy::Flow flow);

}  // namespace dockgate::proxy::http
