// Keys, certificates and revocation lists as PEM text, and back. Never asks a terminal for a
// password: an encrypted key is a mistake.
#pragma once

#include <string>
#include <vector>

#include "certs/handles.h"
#include "certs/result.h"

namespace dockgate::certs {

enum class KeyKind : unsigned char { p256, rsa3072 };

Key make_key(KeyKind kind);
KeyKind kind_of(const EVP_PKEY& key);

std::string to_pem(const X509& certificate);
std::string to_pem(const X509_CRL& crl);
std::string to_pem(const EVP_PKEY& key);  // PKCS #8, not encrypted

// All that the text holds, at least one. `path` is what messages call it.
Result<std::vector<Certificate>> certificates_in(const std::string& text, const std::string& path);
Result<std::vector<Crl>> crls_in(const std::string& text, const std::string& path);
Result<Key> key_in(const std::string& text, const std::string& path);

}  // namespace dockgate::certs
