#include "policy/settings.h"

namespace dockgate::policy {

bool Client::matches(const Peer& peer) const {
  return (!listener || *listener == peer.listener) && (!uid || *uid == peer.uid) &&
         (!gid || *gid == peer.gid);
}

const Client* Settings::client_of(const Peer& peer) const {
  for (const Client& client : clients) {
    if (!client.own_listener.empty() && client.own_listener == peer.listener) return &client;
  }
  for (const Client& client : clients) {
    if (client.matches(peer)) return &client;
  }
  return nullptr;
}

}  // namespace dockgate::policy
