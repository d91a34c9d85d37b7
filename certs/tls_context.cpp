#include "certs/tls_context.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "certs/certificate.h"
#include "certs/files.h"
#include "certs/handles.h"
#include "certs/pem.h"
#include "certs/tls_rules.h"
#include "certs/verification.h"

namespace dockgate::certs {
namespace {

using TimePoint = TlsContext::TimePoint;

Result<std::vector<Certificate>> certificates_from(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  return certificates_in(*text, path);
}

// -1: not yet; 0: now; 1: no longer.
int side_of_now(const ASN1_TIME& start, const ASN1_TIME& end) {
  if (X509_cmp_current_time(&start) >= 0) return -1;
  return X509_cmp_current_time(&end) <= 0 ? 1 : 0;
}

Result<TimePoint> end_of(const X509& certificate, const std::string& path) {
  const ASN1_TIME& start = *X509_get0_notBefore(&certificate);
  const ASN1_TIME& end = *X509_get0_notAfter(&certificate);
  if (ASN1_TIME_check(&start) != 1 || ASN1_TIME_check(&end) != 1) {
    return mistake(path + " has a date that is none; make it anew");
  }
  const int side = side_of_now(start, end);
  if (side == 0) return to_time_point(end);
  if (side > 0) return mistake(path + " expired on " + to_text(to_time_point(end)) + "; renew it");
  return mistake(path + " is not valid before " + to_text(to_time_point(start)) +
                 "; wait, or set the clock right");
}

Result<TimePoint> end_of(const X509_CRL& crl, const std::string& path) {
  const ASN1_TIME& start = *X509_CRL_get0_lastUpdate(&crl);
  const ASN1_TIME* const end = X509_CRL_get0_nextUpdate(&crl);
  if (end == nullptr) return mistake(path + " has no end (nextUpdate); make one that has");
  const int side = side_of_now(start, *end);
  if (side == 0) return to_time_point(*end);
  if (side > 0) {
    return mistake(path + " expired on " + to_text(to_time_point(*end)) +
                   "; write it afresh with dockgate certs renew --crl");
  }
  return mistake(path + " is not valid before " + to_text(to_time_point(start)) +
                 "; wait, or set the clock right");
}

bool signed_itself(const X509& certificate) {
  auto* const readable = const_cast<X509*>(&certificate);
  const bool itself = X509_self_signed(readable, 1) == 1;
  if (!itself) static_cast<void>(last_complaint());
  return itself;
}

bool is_by(const X509_CRL& crl, const X509& authority) {
  auto* const readable = const_cast<X509_CRL*>(&crl);
  const bool by =
      X509_NAME_cmp(X509_CRL_get_issuer(&crl), X509_get_subject_name(&authority)) == 0 &&
      X509_CRL_verify(readable, X509_get0_pubkey(&authority)) == 1;
  if (!by) static_cast<void>(last_complaint());
  return by;
}

}  // namespace

// Fills a context file by file.
class TlsLoader {
 public:
  TlsLoader(const TlsFiles& files, TlsFloor floor) : files_(files), floor_(floor) {
    loaded_.context_ = context_with_rules(floor);
  }

  Result<TlsContext> load(const TlsContext* before) {
    if (const auto done = load_pair(); !done) {
      if (before == nullptr) return done.error();
      take_pair_of(*before);
      loaded_.complaint_ = done.error().text;
    }
    if (const auto done = load_client_ca(); !done) return done.error();
    if (files_.crl.empty()) return std::move(loaded_);
    if (const auto done = load_crls(); !done) return done.error();
    require_crl(*loaded_.context_);
    return std::move(loaded_);
  }

 private:
  Result<void> load_pair();
  Result<void> use_pair(std::vector<Certificate>& chain, EVP_PKEY& key);
  void take_pair_of(const TlsContext& before);
  Result<void> load_client_ca();
  Result<void> load_crls();

  const TlsFiles& files_;
  TlsFloor floor_;
  std::vector<Certificate> authorities_;
  TlsContext loaded_;
};

Result<void> TlsLoader::load_pair() {
  auto chain = certificates_from(files_.certificate);
  if (!chain) return chain.error();
  for (const Certificate& certificate : *chain) {
    const auto end = end_of(*certificate, files_.certificate);
    if (!end) return end.error();
    loaded_.certificate_ends_ = std::min(loaded_.certificate_ends_, *end);
  }
  if (X509_check_purpose(chain->front().get(), X509_PURPOSE_SSL_SERVER, 0) != 1) {
    return mistake(files_.certificate +
                   " is not for servers (extended key usage); give one that is");
  }
  const auto text = read_file(files_.key);
  if (!text) return text.error();
  const auto key = key_in(*text, files_.key);
  if (!key) return key.error();
  return use_pair(*chain, **key);
}

Result<void> TlsLoader::use_pair(std::vector<Certificate>& chain, EVP_PKEY& key) {
  if (X509_check_private_key(chain.front().get(), &key) != 1) {
    static_cast<void>(last_complaint());
    return mistake(files_.key + " is not the key of the first certificate in " +
                   files_.certificate + "; give the pair that belongs together");
  }
  SSL_CTX* const context = loaded_.context_.get();
  bool used = SSL_CTX_use_certificate(context, chain.front().get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, &key) == 1;
  for (std::size_t i = 1; used && i < chain.size(); ++i) {
    used = SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
  }
  if (used) return {};
  return mistake(files_.certificate + " cannot be used (" + last_complaint() +
                 "); make one with a key of P-256, or RSA of 2048 bits or more");
}

// What a pair that failed has left in the context goes with it.
void TlsLoader::take_pair_of(const TlsContext& before) {
  loaded_.context_ = context_with_rules(floor_);
  loaded_.certificate_ends_ = before.certificate_ends_;
  SSL_CTX* const context = loaded_.context_.get();
  STACK_OF(X509)* chain = nullptr;
  bool used = SSL_CTX_use_certificate(context, SSL_CTX_get0_certificate(before.handle())) == 1 &&
              SSL_CTX_use_PrivateKey(context, SSL_CTX_get0_privatekey(before.handle())) == 1 &&
              SSL_CTX_get0_chain_certs(before.handle(), &chain) == 1;
  for (int i = 0; used && i < sk_X509_num(chain); ++i) {
    used = SSL_CTX_add1_chain_cert(context, sk_X509_value(chain, i)) == 1;
  }
  ensure(used, "going on with a certificate");
}

Result<void> TlsLoader::load_client_ca() {
  auto found = certificates_from(files_.client_ca);
  if (!found) return found.error();
  authorities_ = std::move(*found);
  X509_STORE* const store = SSL_CTX_get_cert_store(loaded_.context_.get());
  bool rooted = false;
  for (const Certificate& authority : authorities_) {
    if (X509_check_ca(authority.get()) != 1) {
      return mistake(files_.client_ca + " holds a certificate that is no CA's; take it out");
    }
    const auto end = end_of(*authority, files_.client_ca);
    if (!end) return end.error();
    loaded_.client_ca_ends_ = std::min(loaded_.client_ca_ends_, *end);
    rooted = rooted || signed_itself(*authority);
    // What clients are told to choose their certificate by.
    ensure(X509_STORE_add_cert(store, authority.get()) == 1 &&
               SSL_CTX_add_client_CA(loaded_.context_.get(), authority.get()) == 1,
           "trusting a CA");
  }
  if (rooted) return {};
  return mistake(files_.client_ca + " holds no CA that signed itself; add the root");
}

// A CA without its list would have all its clients refused: that is said now, not at their door.
Result<void> TlsLoader::load_crls() {
  const auto text = read_file(files_.crl);
  if (!text) return text.error();
  auto crls = crls_in(*text, files_.crl);
  if (!crls) return crls.error();
  std::vector<bool> listed(authorities_.size());
  for (const Crl& crl : *crls) {
    bool known = false;
    for (std::size_t i = 0; i < authorities_.size(); ++i) {
      if (!is_by(*crl, *authorities_[i])) continue;
      known = true;
      listed[i] = true;
    }
    if (!known) {
      return mistake(files_.crl + " holds a list that is not of a CA in " + files_.client_ca +
                     "; give the CA's own");
    }
    const auto end = end_of(*crl, files_.crl);
    if (!end) return end.error();
    loaded_.crl_ends_ = std::min(loaded_.crl_ends_, *end);
    ensure(X509_STORE_add_crl(SSL_CTX_get_cert_store(loaded_.context_.get()), crl.get()) == 1,
           "keeping a revocation list");
  }
  if (std::find(listed.begin(), listed.end(), false) == listed.end()) return {};
  return mistake(files_.crl + " has no list of one of the CAs in " + files_.client_ca + "; add it");
}

Result<TlsContext> TlsContext::load(const TlsFiles& files,
                                    TlsFloor floor,
                                    const TlsContext* before) {
  return TlsLoader(files, floor).load(before);
}

std::string TlsContext::objection_to(X509* certificate, const stack_st_X509* chain) const {
  return objection_by(*handle(), certificate, chain);
}

}  // namespace dockgate::certs
