// Fingerprints: SHA-256, as certificates, policies and image digests are named by it.
#pragma once

#include <string>
#include <string_view>

namespace dockgate::certs {

// `sha256:` and 64 hexadecimal digits. Throws std::runtime_error where OpenSSL has no SHA-256.
std::string fingerprint(std::string_view bytes);

}  // namespace dockgate::certs
