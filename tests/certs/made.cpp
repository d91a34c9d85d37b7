#include "tests/certs/made.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace dockgate::certs {
namespace {

long next_serial = 1000;

void add_extension(X509& certificate, X509& issuer, int type, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, &issuer, &certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, type, value.c_str()));
  ensure(extension != nullptr && X509_add_ext(&certificate, extension.get(), -1) == 1, "extension");
}

void add_alternatives(X509& certificate, const Wanted& wanted) {
  if (wanted.alternatives.empty()) return;
  const AlternativeNames names(GENERAL_NAMES_new());
  for (const Alternative& one : wanted.alternatives) {
    ASN1_IA5STRING* const value = ASN1_IA5STRING_new();
    ensure(ASN1_STRING_set(value, one.bytes.data(), static_cast<int>(one.bytes.size())) == 1,
           "set");
    GENERAL_NAME* const name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, one.type, value);
    ensure(sk_GENERAL_NAME_push(names.get(), name) > 0, "push");
  }
  for (int i = 0; i < wanted.alternatives_extensions; ++i) {
    ensure(X509_add1_ext_i2d(
               &certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_APPEND) == 1,
           "names");
  }
}

void add_subject(X509& certificate, const Wanted& wanted) {
  const Name subject(X509_NAME_new());
  for (const Entry& entry : wanted.subject) {
    // Not X509_NAME_add_entry_by_NID: it would choose a type and refuse bytes that are wrong.
    X509_NAME_ENTRY* const made = X509_NAME_ENTRY_new();
    ensure(X509_NAME_ENTRY_set_object(made, OBJ_nid2obj(entry.attribute)) == 1, "object");
    ASN1_STRING* const value = X509_NAME_ENTRY_get_data(made);
    ensure(ASN1_STRING_set(value, entry.bytes.data(), static_cast<int>(entry.bytes.size())) == 1,
           "value");
    value->type = entry.type;
    ensure(X509_NAME_add_entry(subject.get(), made, -1, 0) == 1, "entry");
    X509_NAME_ENTRY_free(made);
  }
  ensure(X509_set_subject_name(&certificate, subject.get()) == 1, "subject");
}

}  // namespace

Entry named(const std::string& common_name) {
  return {NID_commonName, V_ASN1_UTF8STRING, common_name};
}

Wanted client_named(const std::string& common_name) {
  Wanted wanted;
  wanted.subject = {named(common_name)};
  return wanted;
}

Wanted server_named(const std::string& common_name) {
  Wanted wanted = client_named(common_name);
  wanted.extended_usage = "serverAuth";
  return wanted;
}

Wanted authority_named(const std::string& common_name) {
  Wanted wanted = client_named(common_name);
  wanted.constraints = "critical,CA:TRUE";
  wanted.usage = "critical,keyCertSign,cRLSign";
  wanted.extended_usage = "";
  return wanted;
}

Made make(const Wanted& wanted, const Made* by) {
  Made made{
      Certificate(X509_new()),
      Key(wanted.rsa_bits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(std::size_t{wanted.rsa_bits}))};
  X509& certificate = *made.certificate;
  X509& issuer = by == nullptr ? certificate : *by->certificate;
  ensure(X509_set_version(&certificate, 2) == 1, "version");
  ensure(ASN1_INTEGER_set(X509_get_serialNumber(&certificate), ++next_serial) == 1, "serial");
  X509_gmtime_adj(X509_getm_notBefore(&certificate), wanted.starts);
  X509_gmtime_adj(X509_getm_notAfter(&certificate), wanted.ends);
  add_subject(certificate, wanted);
  ensure(X509_set_pubkey(&certificate, made.key.get()) == 1, "key");
  ensure(X509_set_issuer_name(&certificate, X509_get_subject_name(&issuer)) == 1, "issuer");
  add_extension(certificate, issuer, NID_basic_constraints, wanted.constraints);
  add_extension(certificate, issuer, NID_key_usage, wanted.usage);
  add_extension(certificate, issuer, NID_ext_key_usage, wanted.extended_usage);
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  if (by != nullptr && wanted.names_its_authority) {
    add_extension(certificate, issuer, NID_authority_key_identifier, "keyid");
  }
  add_alternatives(certificate, wanted);
  const EVP_MD* const digest = wanted.digest == nullptr ? EVP_sha256() : wanted.digest;
  EVP_PKEY* const key = by == nullptr ? made.key.get() : by->key.get();
  ensure(X509_sign(&certificate, key, digest) > 0, "signature");
  return made;
}

Crl make_list(const Made& by, const CrlWanted& wanted) {
  Crl list(X509_CRL_new());
  const Time start(X509_gmtime_adj(nullptr, wanted.starts));
  const Time end(X509_gmtime_adj(nullptr, wanted.ends));
  X509_CRL_set_version(list.get(), 1);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(by.certificate.get()));
  X509_CRL_set1_lastUpdate(list.get(), start.get());
  X509_CRL_set1_nextUpdate(list.get(), end.get());
  for (const Made* const one : wanted.revoked) {
    X509_REVOKED* const entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(one->certificate.get()));
    X509_REVOKED_set_revocationDate(entry, start.get());
    X509_CRL_add0_revoked(list.get(), entry);
  }
  X509V3_CTX context;
  X509V3_set_ctx(&context, by.certificate.get(), nullptr, nullptr, list.get(), 0);
  const Extension authority(
      X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid"));
  X509_CRL_add_ext(list.get(), authority.get(), -1);
  const Integer number(ASN1_INTEGER_new());
  ASN1_INTEGER_set(number.get(), 1);
  X509_CRL_add1_ext_i2d(list.get(), NID_crl_number, number.get(), 0, 0);
  ensure(X509_CRL_sign(list.get(), by.key.get(), EVP_sha256()) > 0, "signature");
  return list;
}

Folder::Folder() : path_((std::filesystem::temp_directory_path() / "certs-XXXXXX").string()) {
  ensure(::mkdtemp(path_.data()) != nullptr, "a folder");
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::with(const std::string& name, const std::string& text) const {
  std::ofstream(path_ + "/" + name, std::ios::binary) << text;
  return path_ + "/" + name;
}

}  // namespace dockgate::certs
