#include "policy/client.h"

#include <algorithm>
#include <iterator>

#include "policy/ip_range.h"

namespace dockgate::policy {
namespace {

using Texts = std::vector<std::string>;

// How each key of `certificate:` finds its names in a certificate.
struct CertificateKey {
  Patterns CertificateMatch::*patterns;
  Texts (*names)(const Certificate&);
};

constexpr CertificateKey certificate_keys[] = {
    {&CertificateMatch::common_name, [](const Certificate& of) { return Texts{of.common_name}; }},
    {&CertificateMatch::dns, [](const Certificate& of) { return of.dns; }},
    {&CertificateMatch::uri, [](const Certificate& of) { return of.uri; }},
    {&CertificateMatch::email, [](const Certificate& of) { return of.email; }},
    {&CertificateMatch::organization_unit,
     [](const Certificate& of) { return of.organization_unit; }},
    {&CertificateMatch::issuer, [](const Certificate& of) { return Texts{of.issuer}; }},
    {&CertificateMatch::fingerprint_sha256,
     [](const Certificate& of) { return Texts{of.fingerprint_sha256}; }},
    {&CertificateMatch::public_key_sha256,
     [](const Certificate& of) { return Texts{of.public_key_sha256}; }},
};

// A name that is not there is matched by nothing, not even by `*`.
bool one_matches(const Patterns& patterns, const Texts& names) {
  return patterns.all.empty() || std::any_of(names.begin(), names.end(), [&](const auto& name) {
           return !name.empty() && patterns.match(name);
         });
}

bool one_holds(const Texts& ranges, const std::string& address) {
  return std::any_of(ranges.begin(), ranges.end(), [&address](const std::string& range) {
    return lies_within(address, range);
  });
}

// A pattern that matches another's text matches all that the other stands for: each of its `*` is
// taken by one of the first.
bool covers(const Patterns& earlier, const Patterns& later) {
  if (earlier.all.empty()) return true;
  return !later.all.empty() && std::all_of(later.all.begin(),
                                           later.all.end(),
                                           [&](const auto& one) { return earlier.match(one); });
}

bool covers(const CertificateMatch& earlier, const CertificateMatch& later) {
  return std::all_of(
      std::begin(certificate_keys), std::end(certificate_keys), [&](const CertificateKey& key) {
        return covers(earlier.*key.patterns, later.*key.patterns);
      });
}

template <class Value>
bool covers(const std::optional<Value>& earlier, const std::optional<Value>& later) {
  return !earlier || earlier == later;
}

bool covers(const Texts& earlier, const Texts& later) {
  if (earlier.empty()) return true;
  return !later.empty() && std::all_of(later.begin(), later.end(), [&earlier](const auto& one) {
    return one_holds(earlier, one);
  });
}

}  // namespace

bool UnixMatch::matches(const Credentials& credentials) const {
  const auto& groups = credentials.groups;
  const bool in_group = !gid || *gid == credentials.gid ||
                        std::find(groups.begin(), groups.end(), *gid) != groups.end();
  return in_group && (!uid || *uid == credentials.uid);
}

bool CertificateMatch::matches(const Certificate& certificate) const {
  return std::all_of(
      std::begin(certificate_keys), std::end(certificate_keys), [&](const CertificateKey& key) {
        return one_matches(this->*key.patterns, key.names(certificate));
      });
}

bool Client::matches(const Peer& peer) const {
  if (listener && *listener != peer.listener) return false;
  if (unix_peer && (!peer.credentials || !unix_peer->matches(*peer.credentials))) return false;
  if (certificate && (!peer.certificate || !certificate->matches(*peer.certificate))) return false;
  return address.empty() || one_holds(address, peer.address);
}

bool covers(const Client& earlier, const Client& later) {
  if (!covers(earlier.listener, later.listener)) return false;
  if (earlier.unix_peer) {
    if (!later.unix_peer || !covers(earlier.unix_peer->uid, later.unix_peer->uid) ||
        !covers(earlier.unix_peer->gid, later.unix_peer->gid)) {
      return false;
    }
  }
  if (earlier.certificate) {
    if (!later.certificate || !covers(*earlier.certificate, *later.certificate)) return false;
  }
  return covers(earlier.address, later.address);
}

}  // namespace dockgate::policy
