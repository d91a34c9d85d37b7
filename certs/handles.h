// OpenSSL's objects with an owner.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace dockgate::certs {

template <auto free>
struct FreeWith {
  template <class T>
  void operator()(T* object) const noexcept {
    free(object);
  }
};

using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Crl = std::unique_ptr<X509_CRL, FreeWith<X509_CRL_free>>;
using Name = std::unique_ptr<X509_NAME, FreeWith<X509_NAME_free>>;
using AlternativeNames = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;
using Integer = std::unique_ptr<ASN1_INTEGER, FreeWith<ASN1_INTEGER_free>>;
using Number = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using Time = std::unique_ptr<ASN1_TIME, FreeWith<ASN1_TIME_free>>;
using Memory = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;

// What OpenSSL says went wrong last, in its words; empties its queue of errors.
std::string last_complaint();

// For what fails only where OpenSSL is out of memory or broken: throws std::runtime_error.
[[noreturn]] void give_up(const char* what);

inline void ensure(bool done, const char* what) {
  if (!done) give_up(what);
}

// What was written to a memory BIO, or is left to be read from it.
std::string text_of(BIO& memory);

// A copy of `text` that can be read from.
Memory memory_with(const std::string& text);

}  // namespace dockgate::certs
