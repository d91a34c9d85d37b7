#include "proxy/standing.h"

#include <utility>

namespace dockgate::proxy {
namespace {

constexpr std::chrono::seconds connection_pause{1};  // until a client may try the next one

// Who it is, without a place among the client's connections.
Standing identify(const policy::Peer& peer, InForce generation) {
  Standing out;
  out.generation = std::move(generation);
  if (!out.generation->has_listener(peer.listener)) {
    out.unwelcome =
        Refused(403, "dockgate: " + peer.listener + " is no listener any more", After::close);
    return out;
  }
  out.who = out.settings().client_of(peer);
  if (out.who != nullptr) {
    out.use = &out.generation->clients.of(*out.who);
    return out;
  }
  out.unwelcome = Refused(
      403,
      "dockgate: no client of the configuration matches " + peer.text() + " on " + peer.listener,
      After::close);
  return out;
}

void take_place(Standing& standing) {
  if (standing.use == nullptr) return;
  standing.connection = standing.use->connect();
  if (standing.connection) return;
  standing.unwelcome =
      refused_for_limit("connections", standing.who->name, connection_pause, After::close);
}

}  // namespace

Standing standing_of(const policy::Peer& peer, InForce generation) {
  Standing out = identify(peer, std::move(generation));
  take_place(out);
  return out;
}

void renew(Standing& standing, const policy::Peer& peer, InForce newer) {
  Standing fresh = identify(peer, std::move(newer));
  const bool stays = standing.connection && fresh.use != nullptr && fresh.use->is(*standing.use);
  if (stays) {
    fresh.connection = std::move(standing.connection);
  } else {
    standing.connection.reset();
    take_place(fresh);
  }
  standing = std::move(fresh);
}

}  // namespace dockgate::proxy
