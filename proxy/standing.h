// How a peer stands with dockgate: which client it is by the generation that it was last looked at
// under, what that client has under way, and whether it may come in.
#pragma once

#include <optional>

#include "policy/peer.h"
#include "proxy/client_use.h"
#include "proxy/generation.h"
#include "proxy/refuse.h"

namespace dockgate::proxy {

struct Standing {
  InForce generation;                   // never nullptr; what `who` belongs to
  const policy::Client* who = nullptr;  // nullptr: nobody's client
  ClientUse* use = nullptr;             // nullptr where `who` is
  std::optional<Counted> connection;    // among the client's
  std::optional<Refused> unwelcome;     // what its next request is answered with

  const policy::Settings& settings() const { return generation->settings; }
};

// First match wins; no match is refused, and told so in answer to its first request.
Standing standing_of(const policy::Peer& peer, InForce generation);

// The same for one that is here: a client that is still the same keeps its place among the
// client's connections.
void renew(Standing& standing, const policy::Peer& peer, InForce newer);

}  // namespace dockgate::proxy
