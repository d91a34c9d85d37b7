// How a certificate comes to be: pure, but for the clock and the random numbers.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "certs/handles.h"
#include "certs/result.h"

namespace dockgate::certs {

enum class Kind : unsigned char { authority, server, client };

const char* name_of(Kind kind);

// What somebody asks to be certified.
struct Request {
  Kind kind = Kind::client;
  std::string name;  // the common name; a server's: its first host or address
  std::vector<std::string> organization_units;
  std::vector<std::string> hosts;      // DNS names
  std::vector<std::string> addresses;  // IP addresses
  std::vector<std::string> uris;
  std::vector<std::string> emails;
};

// The same as OpenSSL's objects: what a certificate says of its holder.
struct Holder {
  Kind kind = Kind::client;
  Name subject;
  AlternativeNames alternatives;  // nullptr: none
};

// Checks every name.
Result<Holder> holder_for(const Request& request);

// The holder of a certificate that `issue` made, to certify it again.
Holder holder_of(const X509& certificate);

// The kind that a certificate's extensions say.
Kind kind_of(const X509& certificate);

// From an hour ago, because clocks differ, for this many days.
struct Validity {
  int days = 0;
};

inline constexpr std::chrono::seconds clock_tolerance = std::chrono::hours(1);

struct Issuer {
  const X509* certificate = nullptr;
  EVP_PKEY* key = nullptr;
};

// A CA that signs itself. It may sign no other CA.
Certificate make_authority(const Holder& holder, EVP_PKEY& key, Validity validity);

// A certificate for `key`, which ends no later than its CA does.
Certificate issue(const Holder& holder, EVP_PKEY& key, Validity validity, const Issuer& issuer);

// Dates beyond what the clock can tell are its first or its last. The date must be one.
std::chrono::system_clock::time_point to_time_point(const ASN1_TIME& time);

// `2027-03-01 12:00 UTC`
std::string to_text(std::chrono::system_clock::time_point time);

}  // namespace dockgate::certs
