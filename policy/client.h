// A row of `clients:`: whom it is about, how much they may ask for, and by which policy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/patterns.h"
#include "policy/peer.h"
#include "policy/policy.h"

namespace dockgate::policy {

// `unix:`; an absent member matches every peer of a Unix socket.
struct UnixMatch {
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;  // the peer's own group or one of its supplementary ones

  bool matches(const Credentials& credentials) const;
};

// `certificate:`; an empty list matches every verified certificate. Of a name that a certificate
// may have several of, one has to match.
struct CertificateMatch {
  Patterns common_name;
  Patterns dns;
  Patterns uri;
  Patterns email;
  Patterns organization_unit;
  Patterns issuer;
  Patterns fingerprint_sha256;  // lower-case hexadecimal
  Patterns public_key_sha256;

  bool matches(const Certificate& certificate) const;
};

// What is asked for beyond these is answered with 429, at once: nobody waits for a client.
struct ClientLimits {
  std::optional<std::size_t> connections;  // nothing: limits.connections_per_client
  std::uint32_t requests_per_second = 0;   // in the long run; 0: no limit
  std::uint32_t burst = 0;                 // at once, after a silence; 0: one second's
  std::size_t inspected_bodies = 64;       // held to be read, at a time
};

// An absent matcher matches everybody; those that are there have to match all.
struct Client {
  std::string name;
  std::optional<std::string> listener;
  std::optional<UnixMatch> unix_peer;
  std::optional<CertificateMatch> certificate;
  std::vector<std::string> address;  // ranges, one of which holds the peer
  ClientLimits limits;
  // A listener that is this client's alone, whoever connects: what its containers are given in
  // place of the Engine's socket. "" where the policy sets none.
  std::string own_listener = {};
  std::shared_ptr<const Policy> policy;  // never null in loaded settings

  bool matches(const Peer& peer) const;
};

// Whether every peer that `later` matches is one that `earlier` matches too, as far as their rows
// tell: false where it cannot be seen.
bool covers(const Client& earlier, const Client& later);

}  // namespace dockgate::policy
