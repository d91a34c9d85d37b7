// Who is at the other end of a connection, as the kernel and TLS tell. Nothing here is what a peer
// merely says of itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dockgate::policy {

// Of the peer of a Unix socket, at the moment it connected.
struct Credentials {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int32_t pid = 0;
  std::vector<std::uint32_t> groups;  // supplementary ones
  // What that process ran when it was looked at, right after; "" where nobody may know. For people:
  // a process may become another's program, and another process have its number.
  std::string executable = {};
};

// The names in a certificate that was verified.
struct Certificate {
  std::string common_name;  // "": none
  std::vector<std::string> dns;
  std::vector<std::string> uri;
  std::vector<std::string> email;
  std::vector<std::string> organization_unit;
  std::string fingerprint_sha256;  // of the certificate; lower-case hexadecimal
  std::string public_key_sha256;   // of its SubjectPublicKeyInfo
  std::string issuer;              // as RFC 2253 writes names
};

struct Peer {
  std::string listener;                    // the address it came in by, as the file has it
  std::optional<Credentials> credentials;  // nothing: no Unix socket's peer, or nobody could tell
  std::string address;                     // of a TCP peer: `10.0.0.7`; "" otherwise
  std::optional<Certificate> certificate;  // of a TLS peer

  // For people: `uid 1000`, `10.0.0.7 (runner-1)`.
  std::string text() const;
};

}  // namespace dockgate::policy
