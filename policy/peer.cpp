#include "policy/peer.h"

namespace dockgate::policy {

std::string Peer::text() const {
  if (credentials) return "uid " + std::to_string(credentials->uid);
  if (address.empty()) return "a peer without credentials";
  if (!certificate) return address;
  const std::string& name = certificate->common_name;
  return address + " (" + (name.empty() ? certificate->fingerprint_sha256 : name) + ")";
}

}  // namespace dockgate::policy
