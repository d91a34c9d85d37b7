#include "certs/signing.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <utility>

#include "certs/files.h"
#include "certs/fingerprint.h"
#include "certs/pem.h"

namespace dockgate::certs {
namespace {

using Digest = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;

const unsigned char* bytes_of(std::string_view text) {
  const void* const bytes = text.data();
  return static_cast<const unsigned char*>(bytes);
}

std::string id_of(EVP_PKEY& key) {
  const Memory memory(BIO_new(BIO_s_mem()));
  ensure(memory != nullptr && i2d_PUBKEY_bio(memory.get(), &key) == 1, "writing a public key");
  return fingerprint(text_of(*memory));
}

std::string public_pem(EVP_PKEY& key) {
  const Memory memory(BIO_new(BIO_s_mem()));
  ensure(memory != nullptr && PEM_write_bio_PUBKEY(memory.get(), &key) == 1,
         "writing a public key");
  return text_of(*memory);
}

Result<Key> ed25519_in(Key key, const std::string& file) {
  if (EVP_PKEY_is_a(key.get(), "ED25519") == 1) return key;
  return mistake(file + " is no Ed25519 key; make one with `dockgate audit key`");
}

}  // namespace

Result<std::string> SigningKey::make(const std::string& file) {
  const std::string public_file = file + ".pub";
  if (exists(public_file)) return mistake(public_file + " is there already; it is not replaced");
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  ensure(key != nullptr, "making a key");
  if (const auto done = write_file(file, to_pem(*key), Existing::refuse); !done) {
    return done.error();
  }
  const auto done = write_file(public_file, public_pem(*key), Existing::refuse);
  if (!done) return done.error();
  return id_of(*key);
}

Result<SigningKey> SigningKey::load(const std::string& file) {
  const auto text = read_file(file);
  if (!text) return text.error();
  auto key = key_in(*text, file);
  if (!key) return key.error();
  auto right = ed25519_in(std::move(*key), file);
  if (!right) return right.error();
  return SigningKey(std::move(*right));
}

SigningKey::SigningKey(Key key) : key_(std::move(key)), id_(id_of(*key_)) {}

std::string SigningKey::sign(std::string_view message) const {
  const Digest digest(EVP_MD_CTX_new());
  unsigned char signature[64];
  std::size_t size = sizeof signature;
  ensure(digest != nullptr &&
             EVP_DigestSignInit(digest.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
             EVP_DigestSign(digest.get(), signature, &size, bytes_of(message), message.size()) == 1,
         "signing");
  return {signature, signature + size};
}

Result<PublicKey> PublicKey::load(const std::string& file) {
  const auto text = read_file(file);
  if (!text) return text.error();
  const Memory memory = memory_with(*text);
  Key key(PEM_read_bio_PUBKEY(memory.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (key == nullptr) {
    auto whole = key_in(*text, file);
    if (!whole) return mistake(file + " holds no key in PEM");
    key = std::move(*whole);
  }
  auto right = ed25519_in(std::move(key), file);
  if (!right) return right.error();
  return PublicKey(std::move(*right));
}

PublicKey::PublicKey(Key key) : key_(std::move(key)), id_(id_of(*key_)) {}

bool PublicKey::verifies(std::string_view message, std::string_view signature) const {
  const Digest digest(EVP_MD_CTX_new());
  const bool verified =
      digest != nullptr &&
      EVP_DigestVerifyInit(digest.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(
          digest.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) ==
          1;
  ERR_clear_error();
  return verified;
}

}  // namespace dockgate::certs
