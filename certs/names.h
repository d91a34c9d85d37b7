// What certificates may be called, checked before anything is made. Closed: what is not known to be
// right is refused, so that a name is the same in a certificate, as a folder, in a shell and in a
// policy.
#pragma once

#include <string>
#include <string_view>

#include "certs/handles.h"
#include "certs/result.h"

namespace dockgate::certs {

// Letters, digits, `.`, `_` and `-`, the first a letter or digit; at most 64 (X.520's bound).
Result<void> check_name(std::string_view name);

// The subject of a CA: printable ASCII without `/`, at most 64.
Result<void> check_authority_name(std::string_view name);

// At most 64 characters of UTF-8 without control characters.
Result<void> check_organization_unit(std::string_view unit);

// Printable UTF-8: no control characters, no NUL, nothing overlong, no surrogates.
bool is_plain_utf8(std::string_view text);

// Names for the extension subjectAltName. A host may begin with `*.`; a URI has a scheme.
Result<void> add_host(GENERAL_NAMES& names, const std::string& host);
Result<void> add_address(GENERAL_NAMES& names, const std::string& address);
Result<void> add_uri(GENERAL_NAMES& names, const std::string& uri);
Result<void> add_email(GENERAL_NAMES& names, const std::string& email);

}  // namespace dockgate::certs
