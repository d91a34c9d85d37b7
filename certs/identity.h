// Peer certificate -> names: what a certificate says of its holder, in one spelling.
//
// Whatever two readers could read as different names is refused, never repaired: a NUL inside, text
// that is not UTF-8, control characters, string types without a certain meaning, two common names,
// an extension given twice. Says nothing of trust: the certificate must have been verified.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "certs/handles.h"
#include "certs/result.h"

namespace dockgate::certs {

// Where case has no meaning, it is lower: all of a host, an e-mail address's host, a URI's scheme
// and authority. All else is as the certificate has it.
struct Identity {
  std::string common_name;  // "": it has none
  std::vector<std::string> dns;
  std::vector<std::string> uri;
  std::vector<std::string> email;
  std::vector<std::string> organization_units;
  std::string fingerprint_sha256;  // of the certificate's DER; lower-case hexadecimal, no colons
  std::string public_key_sha256;   // of the DER of its SubjectPublicKeyInfo, likewise
  std::string issuer;              // as RFC 2253 writes names, in ASCII
  std::string serial;              // lower-case hexadecimal, with a minus where it is negative
  std::chrono::system_clock::time_point not_after;
};

// Failures tell which name cannot be trusted to mean one thing.
Result<Identity> identity_of(const X509& certificate);

}  // namespace dockgate::certs
