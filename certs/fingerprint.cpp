#include "certs/fingerprint.h"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace dockgate::certs {

std::string fingerprint(std::string_view bytes) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  if (done != 1) throw std::runtime_error("SHA-256 is not to be had");
  std::string text = "sha256:";
  for (unsigned i = 0; i < size; ++i) {
    text += hex[digest[i] >> 4];
    text += hex[digest[i] & 0xf];
  }
  return text;
}

}  // namespace dockgate::certs
