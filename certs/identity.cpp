#include "certs/identity.h"

#include <openssl/bn.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "certs/certificate.h"
#include "certs/names.h"

namespace dockgate::certs {
namespace {

std::string hex(const unsigned char* bytes, std::size_t size) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 0xf];
  }
  return text;
}

void lower(std::string& text, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < std::min(end, text.size()); ++i) {
    if (text[i] >= 'A' && text[i] <= 'Z') text[i] = static_cast<char>(text[i] - 'A' + 'a');
  }
}

Failure refused(const std::string& field, const std::string& why) {
  return mistake("the certificate's " + field + " " + why);
}

// The types whose bytes mean the same characters to everybody. T61String does not: readers take it
// for Latin-1, for UTF-8 or for what the ITU once wrote.
bool has_certain_meaning(const ASN1_STRING& value) {
  switch (ASN1_STRING_type(&value)) {
    case V_ASN1_UTF8STRING:
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING:
      return true;
    default:
      return false;
  }
}

Result<std::string> plain_text(const ASN1_STRING& value, const std::string& field) {
  if (!has_certain_meaning(value)) return refused(field, "is of a type that can be read two ways");
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, &value);
  if (size < 0) {
    static_cast<void>(last_complaint());
    return refused(field, "cannot be read as text");
  }
  std::string text(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  if (text.empty()) return refused(field, "is empty");
  if (!is_plain_utf8(text)) return refused(field, "has control characters or is not UTF-8");
  if (ASN1_STRING_type(&value) == V_ASN1_IA5STRING &&
      std::any_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; })) {
    return refused(field, "is not ASCII");
  }
  return text;
}

Result<std::vector<std::string>> subject_values(const X509& certificate,
                                                int attribute,
                                                const std::string& field) {
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  std::vector<std::string> values;
  int at = -1;
  while ((at = X509_NAME_get_index_by_NID(subject, attribute, at)) >= 0) {
    const ASN1_STRING* const value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    auto text = plain_text(*value, field);
    if (!text) return text.error();
    values.push_back(std::move(*text));
  }
  return values;
}

Result<void> read_subject(const X509& certificate, Identity& identity) {
  auto names = subject_values(certificate, NID_commonName, "common name");
  if (!names) return names.error();
  if (names->size() > 1) return refused("common name", "is given more than once");
  if (!names->empty()) identity.common_name = names->front();
  auto units = subject_values(certificate, NID_organizationalUnitName, "organization unit");
  if (!units) return units.error();
  identity.organization_units = std::move(*units);
  return {};
}

Result<void> read_alternative(const GENERAL_NAME& name, Identity& identity) {
  int type = 0;
  const auto* const value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(&name, &type));
  if (type != GEN_DNS && type != GEN_URI && type != GEN_EMAIL) return {};
  auto text = plain_text(*value, "alternative name");
  if (!text) return text.error();
  if (type == GEN_DNS) {
    lower(*text, 0, text->size());
    identity.dns.push_back(std::move(*text));
  } else if (type == GEN_URI) {
    const std::size_t authority = text->find("://");
    lower(*text,
          0,
          authority == std::string::npos ? text->find(':')
                                         : text->find_first_of("/?#", authority + 3));
    identity.uri.push_back(std::move(*text));
  } else {
    lower(*text, std::min(text->rfind('@'), text->size()), text->size());
    identity.email.push_back(std::move(*text));
  }
  return {};
}

Result<void> read_alternatives(const X509& certificate, Identity& identity) {
  int found = 0;
  const AlternativeNames names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, &found, nullptr)));
  if (names == nullptr) {
    static_cast<void>(last_complaint());
    if (found == -1) return {};
    return refused("alternative names", "are broken, or given more than once");
  }
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto read = read_alternative(*sk_GENERAL_NAME_value(names.get(), i), identity);
    if (!read) return read.error();
  }
  return {};
}

std::string fingerprint_of(const X509& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ensure(X509_digest(&certificate, EVP_sha256(), digest.data(), &size) == 1, "hashing");
  return hex(digest.data(), size);
}

std::string key_fingerprint_of(const X509& certificate) {
  unsigned char* der = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &der);
  ensure(length > 0, "encoding a public key");
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const int done = EVP_Digest(
      der, static_cast<std::size_t>(length), digest.data(), &size, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  ensure(done == 1, "hashing");
  return hex(digest.data(), size);
}

Result<void> read_issuer(const X509& certificate, Identity& identity) {
  const Memory memory = memory_with("");
  const X509_NAME* const issuer = X509_get_issuer_name(&certificate);
  if (X509_NAME_print_ex(memory.get(), issuer, 0, XN_FLAG_RFC2253) < 0) {
    static_cast<void>(last_complaint());
    return refused("issuer", "cannot be read as text");
  }
  identity.issuer = text_of(*memory);
  return {};
}

Result<void> read_end(const X509& certificate, Identity& identity) {
  const ASN1_TIME* const end = X509_get0_notAfter(&certificate);
  if (ASN1_TIME_check(end) != 1) return refused("end", "is no date");
  identity.not_after = to_time_point(*end);
  return {};
}

std::string serial_of(const X509& certificate) {
  const Number number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr));
  ensure(number != nullptr, "reading a serial number");
  char* const digits = BN_bn2hex(number.get());
  ensure(digits != nullptr, "writing a serial number");
  std::string text(digits);
  OPENSSL_free(digits);
  lower(text, 0, text.size());
  return text;
}

}  // namespace

Result<Identity> identity_of(const X509& certificate) {
  Identity identity;
  if (const auto read = read_subject(certificate, identity); !read) return read.error();
  if (const auto read = read_alternatives(certificate, identity); !read) return read.error();
  if (const auto read = read_issuer(certificate, identity); !read) return read.error();
  if (const auto read = read_end(certificate, identity); !read) return read.error();
  identity.fingerprint_sha256 = fingerprint_of(certificate);
  identity.public_key_sha256 = key_fingerprint_of(certificate);
  identity.serial = serial_of(certificate);
  return identity;
}

}  // namespace dockgate::certs
