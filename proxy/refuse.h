// A refusal as the client gets it: the Engine's JSON error shape, in lines that the unmodified
// docker CLI prints readably.
//
//   dockgate: ContainerCreate is refused by policy `ci`:
//     - privileged (container.privileged at /HostConfig/Privileged)
//       name the capabilities it needs with --cap-add
//   request 5f0c1d9e-2a
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/api/operations.h"
#include "policy/verdict.h"
#include "proxy/http/head.h"

namespace dockgate::proxy {

// What becomes of the connection after a refusal.
enum class After : std::uint8_t {
  next_request,  // all of the request was read: the next one begins where it ended
  close,         // where the next one begins is unknown: read on for a moment, then close
};

// A request that does not reach the Engine, or whose answer does not come from it.
struct Refused {
  Refused() = default;

  Refused(unsigned with_status, std::string why, After then)
      : status(with_status), message(std::move(why)), after(then) {}

  unsigned status = 0;  // 0: there is nobody left to tell
  std::string message;  // without the request's id
  After after = After::close;
  std::vector<policy::Reason> reasons;  // for the audit
  unsigned retry_after = 0;             // seconds; 0: not said
};

// `operation` and `policy` may be unknown: nullptr and "".
Refused refused_for(const policy::Reasons& reasons,
                    const policy::Operation* operation,
                    std::string_view policy,
                    After after);

Refused refused_for(const http::Malformed& malformed);

// A client is at one of its limits: 429, and when to come again.
Refused refused_for_limit(std::string_view what,
                          std::string_view client,
                          std::chrono::nanoseconds wait,
                          After after);

// What is to be judged has no room in memory: 503, and to come again.
Refused refused_for_room(After after);

// The client went away.
Refused nobody_left(std::string how);

// `{"message":"…"}`, with the request's id as its last line.
std::string refusal_body(std::string_view message, std::string_view request_id);

}  // namespace dockgate::proxy
