#include "certs/identity.h"

#include <gtest/gtest.h>

#include "certs/fingerprint.h"
#include "tests/certs/made.h"

namespace dockgate::certs {
namespace {

using std::string_literals::operator""s;

Result<Identity> identity_with_subject(std::vector<Entry> subject) {
  Wanted wanted;
  wanted.subject = std::move(subject);
  return identity_of(*make(wanted).certificate);
}

Result<Identity> identity_with(std::vector<Alternative> alternatives) {
  Wanted wanted = client_named("runner");
  wanted.alternatives = std::move(alternatives);
  return identity_of(*make(wanted).certificate);
}

// The bytes are put in afterwards: OpenSSL itself makes no name of some of them.
Result<Identity> identity_called(int type, const std::string& bytes) {
  const Made made = make(client_named("x"));
  X509_NAME* const subject = X509_get_subject_name(made.certificate.get());
  ASN1_STRING* const name = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, 0));
  ASN1_STRING_set(name, bytes.data(), static_cast<int>(bytes.size()));
  name->type = type;
  return identity_of(*made.certificate);
}

TEST(Identity, HoldsEveryNameThatAPolicyCanMatch) {
  const Made authority = make(authority_named("the, CA"));
  Wanted wanted = client_named("runner-1");
  wanted.subject.push_back({NID_organizationalUnitName, V_ASN1_UTF8STRING, "CI"});
  wanted.subject.push_back({NID_organizationalUnitName, V_ASN1_UTF8STRING, "bür"});
  wanted.alternatives = {{GEN_DNS, "a.example.com"},
                         {GEN_DNS, "b.example.com"},
                         {GEN_URI, "spiffe://example.com/ci/Runner"},
                         {GEN_EMAIL, "ci@example.com"}};
  const auto identity = identity_of(*make(wanted, &authority).certificate);
  ASSERT_TRUE(identity) << identity.error().text;
  EXPECT_EQ(identity->common_name, "runner-1");
  EXPECT_EQ(identity->organization_units, (std::vector<std::string>{"CI", "bür"}));
  EXPECT_EQ(identity->dns, (std::vector<std::string>{"a.example.com", "b.example.com"}));
  EXPECT_EQ(identity->uri, (std::vector<std::string>{"spiffe://example.com/ci/Runner"}));
  EXPECT_EQ(identity->email, (std::vector<std::string>{"ci@example.com"}));
  EXPECT_EQ(identity->issuer, "CN=the\\, CA");
}

TEST(Identity, HashesTheCertificateAndItsPublicKey) {
  const Made made = make(client_named("runner"));
  const auto identity = identity_of(*made.certificate);
  unsigned char* der = nullptr;
  const int size = i2d_X509(made.certificate.get(), &der);
  const std::string certificate(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  unsigned char* key_der = nullptr;
  const int key_size = i2d_PUBKEY(made.key.get(), &key_der);
  const std::string key(reinterpret_cast<char*>(key_der), static_cast<std::size_t>(key_size));
  OPENSSL_free(der);
  OPENSSL_free(key_der);
  EXPECT_EQ("sha256:" + identity->fingerprint_sha256, fingerprint(certificate));
  EXPECT_EQ("sha256:" + identity->public_key_sha256, fingerprint(key));
}

TEST(Identity, TellsTheSerialNumberAndTheEnd) {
  const Made made = make(client_named("runner"));
  ASN1_INTEGER_set(X509_get_serialNumber(made.certificate.get()), 0xABCDE);
  const auto identity = identity_of(*made.certificate);
  EXPECT_EQ(identity->serial, "0abcde");
  const auto left = identity->not_after - std::chrono::system_clock::now();
  EXPECT_LE(left, std::chrono::seconds(3600));
  EXPECT_GT(left, std::chrono::seconds(3500));
}

TEST(Identity, TakesAnEndBeyondWhatTheClockCanTellForItsLast) {
  const Made made = make(client_named("runner"));
  ASN1_TIME_set_string(X509_getm_notAfter(made.certificate.get()), "99991231235959Z");
  const auto identity = identity_of(*made.certificate);
  EXPECT_GT(identity->not_after, std::chrono::system_clock::now() + std::chrono::hours(24 * 36500));
}

TEST(Identity, NeedsNoCommonName) {
  const auto identity = identity_with_subject({{NID_organizationName, V_ASN1_UTF8STRING, "o"}});
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->common_name, "");
}

TEST(Identity, ReadsEveryStringTypeThatMeansOneThing) {
  for (const auto& [type, bytes] : std::vector<std::pair<int, std::string>>{
           {V_ASN1_UTF8STRING, "r\xc3\xbcn"},
           {V_ASN1_BMPSTRING, "\0r\0\xfc\0n"s},
           {V_ASN1_UNIVERSALSTRING, "\0\0\0r\0\0\0\xfc\0\0\0n"s}}) {
    const auto identity = identity_called(type, bytes);
    ASSERT_TRUE(identity) << type << " " << identity.error().text;
    EXPECT_EQ(identity->common_name, "r\xc3\xbcn") << type;
  }
  EXPECT_EQ(identity_called(V_ASN1_PRINTABLESTRING, "run")->common_name, "run");
}

TEST(Identity, RefusesACommonNameThatCanBeReadTwoWays) {
  for (const auto& [type, bytes] : std::vector<std::pair<int, std::string>>{
           {V_ASN1_UTF8STRING, "admin\0.evil"s},
           {V_ASN1_PRINTABLESTRING, "admin\0"s},
           {V_ASN1_BMPSTRING, "\0a\0\0\0b"s},
           {V_ASN1_BMPSTRING, "\0a\0"s},             // half a character
           {V_ASN1_BMPSTRING, "\xd8\x00\xdc\x00"s},  // surrogates
           {V_ASN1_UTF8STRING, "a\xff"},             // no UTF-8
           {V_ASN1_UTF8STRING, "\xc0\xaf"},          // overlong
           {V_ASN1_UTF8STRING, "\xed\xa0\x80"},      // a surrogate
           {V_ASN1_UTF8STRING, "\xf4\x90\x80\x80"},  // beyond Unicode
           {V_ASN1_UTF8STRING, "a\nb"},              // another line of a log
           {V_ASN1_UTF8STRING,
            "a\xc2\x85"
            "b"},  // a control character of C1
           {V_ASN1_UTF8STRING, ""},
           {V_ASN1_T61STRING, "r\xfcn"},
           {V_ASN1_OCTET_STRING, "run"}}) {
    EXPECT_FALSE(identity_called(type, bytes)) << type << " " << testing::PrintToString(bytes);
  }
}

TEST(Identity, RefusesTwoCommonNames) {
  const auto identity = identity_with_subject({named("runner"), named("admin")});
  ASSERT_FALSE(identity);
  EXPECT_EQ(identity.error().text, "the certificate's common name is given more than once");
}

TEST(Identity, RefusesAlternativeNamesThatCanBeReadTwoWays) {
  for (const int type : {GEN_DNS, GEN_URI, GEN_EMAIL}) {
    for (const std::string& bytes : {"a.example.com\0.evil"s, "b\xc3\xbc"s, ""s, "a\tb"s}) {
      EXPECT_FALSE(identity_with({{type, bytes}})) << type << testing::PrintToString(bytes);
    }
  }
}

TEST(Identity, RefusesAnOrganizationUnitWithNul) {
  EXPECT_FALSE(identity_with_subject(
      {named("runner"), {NID_organizationalUnitName, V_ASN1_UTF8STRING, "ci\0"s}}));
}

TEST(Identity, RefusesAlternativeNamesThatAreGivenTwice) {
  Wanted wanted = client_named("runner");
  wanted.alternatives = {{GEN_DNS, "a.example.com"}};
  wanted.alternatives_extensions = 2;
  EXPECT_FALSE(identity_of(*make(wanted).certificate));
}

TEST(Identity, LowersCaseWhereItHasNoMeaning) {
  const auto identity = identity_with({{GEN_DNS, "Build.Example.COM"},
                                       {GEN_URI, "SPIFFE://Example.com/CI"},
                                       {GEN_URI, "URN:Example"},
                                       {GEN_EMAIL, "CI@Example.com"}});
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->dns.front(), "build.example.com");
  EXPECT_EQ(identity->uri, (std::vector<std::string>{"spiffe://example.com/CI", "urn:Example"}));
  EXPECT_EQ(identity->email.front(), "CI@example.com");
}

}  // namespace
}  // namespace dockgate::certs
