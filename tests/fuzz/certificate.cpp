// A certificate, DER or PEM, has names that mean one thing each, or none at all.
#include <openssl/err.h>

#include <algorithm>
#include <string>

#include "certs/identity.h"
#include "certs/pem.h"
#include "tests/fuzz/property.h"

namespace {

using namespace dockgate;
using tests::expect;

bool is_hex(const std::string& text) {
  return text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// How many bytes the character that begins with `lead` has; 0: none does.
std::size_t utf8_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  return lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
}

// UTF-8 without a control character, and not empty.
void expect_one_meaning(const std::string& text) {
  expect(!text.empty(), "a name is not empty");
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    expect(lead >= 0x20 && lead != 0x7f, "a name has no control character");
    const std::size_t length = utf8_length(lead);
    expect(length != 0 && at + length <= text.size(), "a name is UTF-8");
    for (std::size_t i = 1; i < length; ++i) expect(is_continuation(text[at + i]), "all of it");
    at += length;
  }
}

void expect_host(const std::string& text) {
  expect_one_meaning(text);
  expect(std::all_of(text.begin(),
                     text.end(),
                     [](char c) { return c >= ' ' && c <= '~' && !(c >= 'A' && c <= 'Z'); }),
         "a host is ASCII in lower case");
}

std::string der_of(const X509& certificate) {
  unsigned char* bytes = nullptr;
  const int size = ::i2d_X509(&certificate, &bytes);
  if (size <= 0) return "";
  std::string out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return out;
}

certs::Certificate certificate_of(const std::string& der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  return certs::Certificate(::d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
}

std::string all_of(const certs::Identity& identity) {
  std::string out = identity.common_name + "\n" + identity.issuer + "\n" + identity.serial + "\n";
  for (const auto* const names :
       {&identity.dns, &identity.uri, &identity.email, &identity.organization_units}) {
    for (const std::string& name : *names) out += name + "\t";
    out += "\n";
  }
  return out + identity.public_key_sha256 + "\n" + identity.fingerprint_sha256;
}

void check(const X509& certificate) {
  const auto identity = certs::identity_of(certificate);
  if (!identity) {
    expect(!identity.error().text.empty(), "what has no names says why");
    return;
  }
  if (!identity->common_name.empty()) expect_one_meaning(identity->common_name);
  for (const std::string& name : identity->dns) expect_host(name);
  for (const std::string& name : identity->uri) expect_one_meaning(name);
  for (const std::string& name : identity->email) expect_one_meaning(name);
  for (const std::string& name : identity->organization_units) expect_one_meaning(name);
  const std::string& serial = identity->serial;
  expect(is_hex(serial.substr(serial.rfind('-') + 1)), "a serial number is hexadecimal");
  for (const std::string& print : {identity->fingerprint_sha256, identity->public_key_sha256}) {
    expect(print.size() == 64 && is_hex(print), "a fingerprint is a SHA-256");
  }
  const auto again = certificate_of(der_of(certificate));
  expect(again != nullptr, "what was written can be read");
  const auto same = certs::identity_of(*again);
  expect(same && all_of(*same) == all_of(*identity), "and has the same names");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(tests::text_of(bytes, size));
  if (const auto certificate = certificate_of(text); certificate != nullptr) check(*certificate);
  ::ERR_clear_error();
  if (const auto all = certs::certificates_in(text, "cert.pem")) {
    expect(!all->empty(), "a file of certificates has one");
    for (const auto& one : *all) {
      check(*one);
      const auto again = certs::certificates_in(certs::to_pem(*one), "again.pem");
      expect(again && again->size() == 1 && ::X509_cmp(again->front().get(), one.get()) == 0,
             "what is written as PEM is the same");
    }
  }
  if (const auto all = certs::crls_in(text, "crl.pem"))
    expect(!all->empty(), "so has one of lists");
  return 0;
}
