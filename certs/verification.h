// Whether a client's certificate would be let in by a context's rules.
#pragma once

#include <openssl/types.h>

#include <string>

struct stack_st_X509;  // what OpenSSL calls STACK_OF(X509)

namespace dockgate::certs {

// "" where it would, or why not, in OpenSSL's words. `chain` is what the client sent beside it,
// which may be nullptr.
std::string objection_by(const SSL_CTX& context, X509* certificate, const stack_st_X509* chain);

}  // namespace dockgate::certs
