#include "certs/certificate.h"

#include <openssl/bn.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

#include "certs/names.h"

namespace dockgate::certs {
namespace {

constexpr int version_3 = 2;
constexpr std::size_t serial_bytes = 16;

void add_entry(X509_NAME& subject, int attribute, const std::string& value) {
  ensure(X509_NAME_add_entry_by_NID(&subject,
                                    attribute,
                                    MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()),
                                    -1,
                                    0) == 1,
         "naming the subject");
}

// A server is called what it is found by; its hosts and addresses are checked as such.
Result<void> check_server_name(const Request& request) {
  const auto found_by = [&](const std::vector<std::string>& values) {
    return std::find(values.begin(), values.end(), request.name) != values.end();
  };
  const bool right = (found_by(request.hosts) || found_by(request.addresses)) &&
                     !request.name.empty() && request.name.size() <= 64 &&
                     request.name.front() != '*';
  if (right) return {};
  return mistake("`" + request.name +
                 "` cannot be what a server is called in its folder; let its " +
                 "first --name be one of at most 64 characters without `*`");
}

Result<void> check_subject(const Request& request) {
  const auto named = request.kind == Kind::authority ? check_authority_name(request.name)
                     : request.kind == Kind::server  ? check_server_name(request)
                                                     : check_name(request.name);
  if (!named) return named.error();
  for (const std::string& unit : request.organization_units) {
    if (const auto right = check_organization_unit(unit); !right) return right.error();
  }
  return {};
}

Result<AlternativeNames> alternatives_for(const Request& request) {
  using Add = Result<void> (*)(GENERAL_NAMES&, const std::string&);

  struct Row {
    const std::vector<std::string>& values;
    Add add;
  };

  const std::array<Row, 4> rows{{{request.hosts, add_host},
                                 {request.addresses, add_address},
                                 {request.uris, add_uri},
                                 {request.emails, add_email}}};
  AlternativeNames names(GENERAL_NAMES_new());
  ensure(names != nullptr, "making a list of names");
  for (const Row& row : rows) {
    for (const std::string& value : row.values) {
      if (const auto added = row.add(*names, value); !added) return added.error();
    }
  }
  if (sk_GENERAL_NAME_num(names.get()) == 0) names.reset();
  return names;
}

// Positive, of one length, 126 bits from the system's generator: no two meet, none can be guessed.
void set_random_serial(X509& certificate) {
  std::array<unsigned char, serial_bytes> bytes{};
  ensure(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "making a serial number");
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3fU) | 0x40U);
  const Number number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  ensure(number != nullptr &&
             BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&certificate)) != nullptr,
         "setting the serial number");
}

void set_validity(X509& certificate, Validity validity, const X509* issuer) {
  ensure(
      X509_gmtime_adj(X509_getm_notBefore(&certificate), -clock_tolerance.count()) != nullptr &&
          X509_time_adj_ex(X509_getm_notAfter(&certificate), validity.days, 0, nullptr) != nullptr,
      "setting the dates");
  if (issuer == nullptr) return;
  const ASN1_TIME* const end = X509_get0_notAfter(issuer);
  if (ASN1_TIME_compare(X509_get0_notAfter(&certificate), end) > 0) {
    ensure(X509_set1_notAfter(&certificate, end) == 1, "setting the dates");
  }
}

void add_extension(X509& certificate, X509V3_CTX& context, int type, const char* value) {
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, type, value));
  ensure(extension != nullptr && X509_add_ext(&certificate, extension.get(), -1) == 1,
         "adding an extension");
}

void add_extensions(X509& certificate, const Holder& holder, const X509& issuer) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, const_cast<X509*>(&issuer), &certificate, nullptr, nullptr, 0);
  const bool authority = holder.kind == Kind::authority;
  const auto add = [&](int type, const char* value) {
    add_extension(certificate, context, type, value);
  };
  add(NID_basic_constraints, authority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE");
  add(NID_key_usage, authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
  add(NID_subject_key_identifier, "hash");
  if (authority) return;
  add(NID_authority_key_identifier, "keyid:always");
  add(NID_ext_key_usage, holder.kind == Kind::server ? "serverAuth" : "clientAuth");
  if (holder.alternatives == nullptr) return;
  ensure(
      X509_add1_ext_i2d(
          &certificate, NID_subject_alt_name, holder.alternatives.get(), 0, X509V3_ADD_DEFAULT) ==
          1,
      "adding the alternative names");
}

Certificate unsigned_certificate(const Holder& holder, EVP_PKEY& key) {
  Certificate certificate(X509_new());
  ensure(certificate != nullptr, "making a certificate");
  ensure(X509_set_version(certificate.get(), version_3) == 1 &&
             X509_set_subject_name(certificate.get(), holder.subject.get()) == 1 &&
             X509_set_pubkey(certificate.get(), &key) == 1,
         "filling a certificate");
  set_random_serial(*certificate);
  return certificate;
}

void sign(X509& certificate, const X509& issuer, EVP_PKEY& key) {
  ensure(X509_set_issuer_name(&certificate, X509_get_subject_name(&issuer)) == 1,
         "naming the issuer");
  ensure(X509_sign(&certificate, &key, EVP_sha256()) > 0, "signing a certificate");
}

}  // namespace

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::authority:
      return "ca";
    case Kind::server:
      return "server";
    case Kind::client:
      return "client";
  }
  return "";
}

Result<Holder> holder_for(const Request& request) {
  if (const auto right = check_subject(request); !right) return right.error();
  auto alternatives = alternatives_for(request);
  if (!alternatives) return alternatives.error();
  Name subject(X509_NAME_new());
  ensure(subject != nullptr, "making a subject");
  for (const std::string& unit : request.organization_units) {
    add_entry(*subject, NID_organizationalUnitName, unit);
  }
  add_entry(*subject, NID_commonName, request.name);
  return Holder{request.kind, std::move(subject), std::move(*alternatives)};
}

Holder holder_of(const X509& certificate) {
  Name subject(X509_NAME_dup(X509_get_subject_name(&certificate)));
  ensure(subject != nullptr, "copying a subject");
  AlternativeNames alternatives(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  return {kind_of(certificate), std::move(subject), std::move(alternatives)};
}

Kind kind_of(const X509& certificate) {
  auto* const readable = const_cast<X509*>(&certificate);
  if (X509_check_ca(readable) == 1) return Kind::authority;
  return X509_get_extended_key_usage(readable) == XKU_SSL_SERVER ? Kind::server : Kind::client;
}

Certificate make_authority(const Holder& holder, EVP_PKEY& key, Validity validity) {
  Certificate certificate = unsigned_certificate(holder, key);
  set_validity(*certificate, validity, nullptr);
  add_extensions(*certificate, holder, *certificate);
  sign(*certificate, *certificate, key);
  return certificate;
}

Certificate issue(const Holder& holder, EVP_PKEY& key, Validity validity, const Issuer& issuer) {
  Certificate certificate = unsigned_certificate(holder, key);
  set_validity(*certificate, validity, issuer.certificate);
  add_extensions(*certificate, holder, *issuer.certificate);
  sign(*certificate, *issuer.certificate, *issuer.key);
  return certificate;
}

std::chrono::system_clock::time_point to_time_point(const ASN1_TIME& time) {
  std::tm parts{};
  ensure(ASN1_TIME_to_tm(&time, &parts) == 1, "reading a date");
  // The clock ends in 2262; dates go on to the year 9999, which stands for `never` (RFC 5280).
  using Point = std::chrono::system_clock::time_point;
  const auto latest = std::chrono::floor<std::chrono::seconds>(Point::max().time_since_epoch());
  return Point(std::clamp(std::chrono::seconds(::timegm(&parts)), -latest, latest));
}

std::string to_text(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts)};
}

}  // namespace dockgate::certs
