#include "certs/pem.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace dockgate::certs {
namespace {

constexpr unsigned rsa_bits = 3072;

Memory empty_memory() {
  Memory memory(BIO_new(BIO_s_mem()));
  ensure(memory != nullptr, "making a buffer");
  return memory;
}

// In place of OpenSSL's own, which asks at the terminal.
int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

// The end of the text is an error to OpenSSL, like a block that is broken.
bool is_at_the_end() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

template <class Owner, class Read>
Result<std::vector<Owner>> all_in(const std::string& text,
                                  const std::string& path,
                                  const std::string& kind,
                                  Read read) {
  const Memory memory = memory_with(text);
  std::vector<Owner> found;
  ERR_clear_error();
  while (Owner one{read(memory.get(), nullptr, nullptr, nullptr)}) found.push_back(std::move(one));
  if (!is_at_the_end()) return mistake(path + " holds a broken " + kind + "; make it anew");
  if (found.empty()) return mistake(path + " holds no " + kind + " in PEM");
  return found;
}

}  // namespace

Key make_key(KeyKind kind) {
  Key key(kind == KeyKind::p256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(rsa_bits));
  ensure(key != nullptr, "making a key");
  return key;
}

KeyKind kind_of(const EVP_PKEY& key) {
  return EVP_PKEY_is_a(&key, "RSA") == 1 ? KeyKind::rsa3072 : KeyKind::p256;
}

std::string to_pem(const X509& certificate) {
  const Memory memory = empty_memory();
  ensure(PEM_write_bio_X509(memory.get(), &certificate) == 1, "writing a certificate");
  return text_of(*memory);
}

std::string to_pem(const X509_CRL& crl) {
  const Memory memory = empty_memory();
  ensure(PEM_write_bio_X509_CRL(memory.get(), &crl) == 1, "writing a revocation list");
  return text_of(*memory);
}

std::string to_pem(const EVP_PKEY& key) {
  const Memory memory = empty_memory();
  ensure(
      PEM_write_bio_PKCS8PrivateKey(memory.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
      "writing a key");
  return text_of(*memory);
}

Result<std::vector<Certificate>> certificates_in(const std::string& text, const std::string& path) {
  return all_in<Certificate>(text, path, "certificate", PEM_read_bio_X509);
}

Result<std::vector<Crl>> crls_in(const std::string& text, const std::string& path) {
  return all_in<Crl>(text, path, "revocation list (X509 CRL)", PEM_read_bio_X509_CRL);
}

Result<Key> key_in(const std::string& text, const std::string& path) {
  const Memory memory = memory_with(text);
  bool encrypted = false;
  ERR_clear_error();
  Key key(PEM_read_bio_PrivateKey(memory.get(), nullptr, no_password, &encrypted));
  if (encrypted) {
    ERR_clear_error();
    return mistake(path + " is encrypted; give a key without a password");
  }
  if (key != nullptr) return key;
  ERR_clear_error();
  if (text.find("PRIVATE KEY-----") == std::string::npos) {
    return mistake(path + " holds no private key in PEM");
  }
  return mistake(path + " holds a broken private key; make it anew");
}

}  // namespace dockgate::certs
