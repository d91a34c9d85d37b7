#include "certs/revocation.h"

#include <openssl/bn.h>

#include <ctime>

namespace dockgate::certs {
namespace {

constexpr int version_2 = 1;

Time time_at(std::time_t now, std::chrono::seconds offset) {
  Time time(X509_time_adj_ex(nullptr, 0, offset.count(), &now));
  ensure(time != nullptr, "making a date");
  return time;
}

void add_revoked(X509_CRL& crl, X509_REVOKED* entry) {
  ensure(entry != nullptr && X509_CRL_add0_revoked(&crl, entry) == 1, "listing a certificate");
}

void copy_entries(X509_CRL& crl, const X509_CRL& previous) {
  const auto* const entries = X509_CRL_get_REVOKED(const_cast<X509_CRL*>(&previous));
  for (int i = 0; i < sk_X509_REVOKED_num(entries); ++i) {
    add_revoked(crl, X509_REVOKED_dup(sk_X509_REVOKED_value(entries, i)));
  }
}

X509_REVOKED* entry_for(const X509& certificate) {
  const Time now = time_at(std::time(nullptr), std::chrono::seconds(0));
  X509_REVOKED* const entry = X509_REVOKED_new();
  ensure(entry != nullptr &&
             X509_REVOKED_set_serialNumber(
                 entry, const_cast<ASN1_INTEGER*>(X509_get0_serialNumber(&certificate))) == 1 &&
             X509_REVOKED_set_revocationDate(entry, now.get()) == 1,
         "listing a certificate");
  return entry;
}

Integer next_number(const X509_CRL* previous) {
  Integer number(ASN1_INTEGER_new());
  ensure(number != nullptr && ASN1_INTEGER_set(number.get(), 1) == 1, "numbering the list");
  if (previous == nullptr) return number;
  const Integer before(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(previous, NID_crl_number, nullptr, nullptr)));
  if (before == nullptr) return number;
  const Number count(ASN1_INTEGER_to_BN(before.get(), nullptr));
  ensure(count != nullptr && BN_add_word(count.get(), 1) == 1 &&
             BN_to_ASN1_INTEGER(count.get(), number.get()) != nullptr,
         "numbering the list");
  return number;
}

void add_extensions(X509_CRL& crl, const Issuer& issuer, const X509_CRL* previous) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, const_cast<X509*>(issuer.certificate), nullptr, nullptr, &crl, 0);
  const Extension authority(
      X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid:always"));
  ensure(authority != nullptr && X509_CRL_add_ext(&crl, authority.get(), -1) == 1,
         "naming the list's CA");
  const Integer number = next_number(previous);
  ensure(X509_CRL_add1_ext_i2d(&crl, NID_crl_number, number.get(), 0, X509V3_ADD_DEFAULT) == 1,
         "numbering the list");
}

}  // namespace

Crl make_crl(const Issuer& issuer,
             const X509_CRL* previous,
             const std::vector<const X509*>& revoked_now,
             std::chrono::seconds lifetime) {
  Crl crl(X509_CRL_new());
  ensure(crl != nullptr, "making a revocation list");
  const std::time_t now = std::time(nullptr);
  const Time start = time_at(now, -clock_tolerance);
  const Time end = time_at(now, lifetime);
  ensure(X509_CRL_set_version(crl.get(), version_2) == 1 &&
             X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(issuer.certificate)) == 1 &&
             X509_CRL_set1_lastUpdate(crl.get(), start.get()) == 1 &&
             X509_CRL_set1_nextUpdate(crl.get(), end.get()) == 1,
         "filling a revocation list");
  if (previous != nullptr) copy_entries(*crl, *previous);
  for (const X509* const certificate : revoked_now) add_revoked(*crl, entry_for(*certificate));
  add_extensions(*crl, issuer, previous);
  ensure(X509_CRL_sort(crl.get()) == 1 && X509_CRL_sign(crl.get(), issuer.key, EVP_sha256()) > 0,
         "signing a revocation list");
  return crl;
}

std::chrono::seconds lifetime_of(const X509_CRL& crl) {
  const ASN1_TIME* const end = X509_CRL_get0_nextUpdate(&crl);
  if (end == nullptr) return std::chrono::seconds(0);
  return std::chrono::duration_cast<std::chrono::seconds>(
             to_time_point(*end) - to_time_point(*X509_CRL_get0_lastUpdate(&crl))) -
         clock_tolerance;
}

std::optional<std::chrono::system_clock::time_point> revoked_at(const X509_CRL& crl,
                                                                const X509& certificate) {
  X509_REVOKED* entry = nullptr;
  const int found =
      X509_CRL_get0_by_cert(const_cast<X509_CRL*>(&crl), &entry, const_cast<X509*>(&certificate));
  if (found == 0) return std::nullopt;
  return to_time_point(*X509_REVOKED_get0_revocationDate(entry));
}

}  // namespace dockgate::certs
