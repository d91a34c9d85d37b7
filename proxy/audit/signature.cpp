#include "proxy/audit/signature.h"

#include <openssl/evp.h>

namespace dockgate::proxy::audit {
namespace {

constexpr std::size_t base64_size = 88;  // of 64 bytes

std::string message_of(const Link& head) {
  return "dockgate audit trail\n" + std::to_string(head.seq) + "\n" + hex_of(head.hash) + "\n";
}

const unsigned char* bytes_of(std::string_view text) {
  const void* const bytes = text.data();
  return static_cast<const unsigned char*>(bytes);
}

}  // namespace

std::string signature_of(const certs::SigningKey& key, const Link& head) {
  const std::string signature = key.sign(message_of(head));
  unsigned char base64[base64_size + 1];
  const int size = EVP_EncodeBlock(base64, bytes_of(signature), static_cast<int>(signature.size()));
  return {base64, base64 + size};
}

bool is_signature_of(std::string_view base64, const certs::PublicKey& key, const Link& head) {
  if (base64.size() != base64_size) return false;
  unsigned char signature[base64_size];
  const int size = EVP_DecodeBlock(signature, bytes_of(base64), static_cast<int>(base64.size()));
  if (size < 64) return false;
  return key.verifies(message_of(head), std::string(signature, signature + 64));
}

}  // namespace dockgate::proxy::audit
