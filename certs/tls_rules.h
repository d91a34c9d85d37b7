// The rules of every handshake, whatever the files say.
#pragma once

#include <openssl/types.h>

#include <memory>

#include "certs/tls_context.h"

namespace dockgate::certs {

// A server's context with all rules and no certificate yet.
std::shared_ptr<SSL_CTX> context_with_rules(TlsFloor floor);

// From here on revocation lists are asked about every certificate of a chain.
void require_crl(SSL_CTX& context);

}  // namespace dockgate::certs
