// What can be done with a CA: make one, issue, renew, revoke, list. Each call is one whole change
// of its folder (see store.h): two processes take turns, and one that is killed leaves what was or
// what is to be.
//
// Every change also writes the revocation list afresh, for as long as the one before was made for.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "certs/certificate.h"
#include "certs/files.h"
#include "certs/pem.h"
#include "certs/result.h"

namespace dockgate::certs {

using TimePoint = std::chrono::system_clock::time_point;

inline constexpr int default_days = 365;
inline constexpr int default_authority_days = 3650;
inline constexpr int default_crl_days =
    400;  // longer than the certificates that it is written with

struct AuthorityRequest {
  std::string name = "dockgate CA";
  int days = default_authority_days;
  int crl_days = default_crl_days;
  KeyKind keys = KeyKind::p256;  // of the CA and of all that it certifies
};

// What a change has made.
struct Outcome {
  Kind kind = Kind::client;
  std::string name;
  std::string folder;  // absolute
  std::string fingerprint_sha256;
  TimePoint ends;
  TimePoint crl_ends;
  std::string authority_file;  // absolute
  std::string crl_file;        // absolute
  unsigned revoked = 0;        // how many certificates
  std::string gate;            // of a client: the name of the newest valid server; "": none
};

struct Handing {
  int days = 0;  // 0: 365 for a new one, as long as before for a renewed one
  Existing existing = Existing::refuse;  // of the bundle, and of a name that has a certificate
  std::string bundle;                    // a file for key, certificate and CA; "": none
};

Result<Outcome> create_authority(const std::string& folder, const AuthorityRequest& request);

// A certificate with a key of its own, and the folder to hand out. A name that has a valid
// certificate or a folder is refused, or with `replace` has all its older certificates revoked.
Result<Outcome> issue(const std::string& folder, const Request& request, const Handing& handing);

enum class RenewedKey : unsigned char { fresh, kept };

// A certificate of the same kind for the same names. The older one stays valid until it ends, so
// that its holder can change over; `revoke` with `Which::older` ends it sooner.
Result<Outcome> renew(const std::string& folder,
                      const std::string& name,
                      RenewedKey key,
                      const Handing& handing);

enum class Which : unsigned char {
  all,
  older,  // all but the newest
};

Result<Outcome> revoke(const std::string& folder, const std::string& name, Which which);

// Writes the revocation list afresh; `days`: this one and those to come are made for as many.
Result<Outcome> renew_crl(const std::string& folder, std::optional<int> days);

struct Listed {
  std::string name;
  Kind kind = Kind::client;
  std::string fingerprint_sha256;
  std::string serial;
  TimePoint ends;
  std::optional<TimePoint> revoked;
};

struct Listing {
  Listed authority;
  TimePoint crl_ends;
  std::vector<Listed> issued;  // the oldest first
};

Result<Listing> list(const std::string& folder);

}  // namespace dockgate::certs
