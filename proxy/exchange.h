// One request of a session and what becomes of it. Lives from its head to its record.
#pragma once

#include <optional>
#include <string_view>

#include "policy/request.h"
#include "proxy/audit/record.h"
#include "proxy/counted.h"
#include "proxy/held.h"
#include "proxy/http/body_rules.h"
#include "proxy/http/framing.h"
#include "proxy/http/head.h"
#include "proxy/refuse.h"
#include "proxy/session.h"
#include "proxy/volume_locks.h"

namespace dockgate::proxy {

struct Session::Exchange {
  http::RequestHead head;
  http::Framing framing;
  http::Expectation expectation = http::Expectation::nothing;
  std::string_view upgrade;
  policy::Request request;
  policy::Answers answers;
  audit::Record record;
  bool reads_context = false;  // the body is a build's context, which is written anew
  Clock::time_point sent;      // to the Engine
  bool body_read = false;      // all of it: the next request begins after it
  bool decision_written = false;
  std::optional<Counted> inspected;  // while its body is held
  std::optional<Held> held;          // what of it and of its look-ups is
  bool crowded = false;              // there was no room for more of them
  VolumeLocks::Hold volumes;         // the turn of those it makes, removes or uses
  After after = After::next_request;
  std::optional<Refused> broken;  // the Engine failed before its answer began
  bool revoked = false;           // by a generation that came while it was under way

  const policy::Operation& operation() const { return *request.target.operation; }

  After after_refusal() const { return body_read ? After::next_request : After::close; }
};

}  // namespace dockgate::proxy
