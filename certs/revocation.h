// Revocation lists: made, extended, asked.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "certs/certificate.h"
#include "certs/handles.h"

namespace dockgate::certs {

// A list of all that `previous` (nullptr: none) has and of `revoked_now`, with the next number,
// from an hour ago, because clocks differ, for `lifetime` from now.
Crl make_crl(const Issuer& issuer,
             const X509_CRL* previous,
             const std::vector<const X509*>& revoked_now,
             std::chrono::seconds lifetime);

// How long a list was made for, so that the next one can be made for as long.
std::chrono::seconds lifetime_of(const X509_CRL& crl);

// Nothing: it is not on the list.
std::optional<std::chrono::system_clock::time_point> revoked_at(const X509_CRL& crl,
                                                                const X509& certificate);

}  // namespace dockgate::certs
