#include "certs/verification.h"

#include <openssl/ssl.h>

#include <memory>

#include "certs/handles.h"

namespace dockgate::certs {
namespace {

using Verification = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;

}  // namespace

std::string objection_by(const SSL_CTX& context, X509* certificate, const stack_st_X509* chain) {
  if (certificate == nullptr) return "no certificate";
  const Verification verification(X509_STORE_CTX_new());
  auto* const rules = const_cast<SSL_CTX*>(&context);
  ensure(verification != nullptr &&
             X509_STORE_CTX_init(verification.get(),
                                 SSL_CTX_get_cert_store(rules),
                                 certificate,
                                 const_cast<stack_st_X509*>(chain)) == 1 &&
             X509_STORE_CTX_set_default(verification.get(), "ssl_client") == 1 &&
             X509_VERIFY_PARAM_set1(X509_STORE_CTX_get0_param(verification.get()),
                                    SSL_CTX_get0_param(rules)) == 1,
         "preparing a verification");
  X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(verification.get()),
                                   SSL_CTX_get_security_level(rules));
  if (X509_verify_cert(verification.get()) == 1) return "";
  const int error = X509_STORE_CTX_get_error(verification.get());
  static_cast<void>(last_complaint());
  return X509_verify_cert_error_string(error);
}

}  // namespace dockgate::certs
