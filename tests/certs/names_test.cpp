#include "certs/names.h"

#include <gtest/gtest.h>

namespace dockgate::certs {
namespace {

using std::string_literals::operator""s;
using Add = Result<void> (*)(GENERAL_NAMES&, const std::string&);

bool takes(Add add, const std::string& text) {
  const AlternativeNames names(GENERAL_NAMES_new());
  const bool taken = add(*names, text).has_value();
  EXPECT_EQ(sk_GENERAL_NAME_num(names.get()), taken ? 1 : 0) << text;
  return taken;
}

TEST(Names, AreFoldersAndWordsOfAShell) {
  for (const std::string& name : {"a"s, "runner-1"s, "Runner_1.ci"s, std::string(64, 'a')}) {
    EXPECT_TRUE(check_name(name)) << name;
  }
  for (const std::string& name : {""s,
                                  "."s,
                                  ".."s,
                                  ".hidden"s,
                                  "-rf"s,
                                  "a/b"s,
                                  "../a"s,
                                  "a b"s,
                                  "a\nb"s,
                                  "a\0b"s,
                                  "a$b"s,
                                  "a'b"s,
                                  "a\\b"s,
                                  "b\xc3\xbc"s,
                                  "a:b"s,
                                  "a*"s,
                                  std::string(65, 'a')}) {
    const auto checked = check_name(name);
    ASSERT_FALSE(checked) << testing::PrintToString(name);
    EXPECT_EQ(checked.error().text.find('\n'), std::string::npos);
  }
}

TEST(Names, OfACaMayHoldSpaces) {
  EXPECT_TRUE(check_authority_name("dockgate CA, 2nd"));
  for (const std::string& name :
       {""s, " a"s, "a "s, "a/b"s, "a\tb"s, "b\xc3\xbc"s, std::string(65, 'a')}) {
    EXPECT_FALSE(check_authority_name(name)) << testing::PrintToString(name);
  }
}

TEST(Names, OfAnOrganizationUnitAreCountedInCharacters) {
  std::string longest;
  for (int i = 0; i < 64; ++i) longest += "\xc3\xbc";
  EXPECT_TRUE(check_organization_unit(longest));
  EXPECT_FALSE(check_organization_unit(longest + "a"));
  EXPECT_FALSE(check_organization_unit(""));
  EXPECT_FALSE(check_organization_unit("a\nb"));
  EXPECT_FALSE(check_organization_unit("a\xff"));
}

TEST(Names, OfHostsAreDnsNames) {
  for (const char* const host : {"gate", "ci.example.com", "*.example.com", "a_b.example.com"}) {
    EXPECT_TRUE(takes(add_host, host)) << host;
  }
  for (const std::string& host : {""s,
                                  "."s,
                                  ".."s,
                                  "a..b"s,
                                  "a."s,
                                  "-a.b"s,
                                  "a-.b"s,
                                  "a b"s,
                                  "a/b"s,
                                  "a,DNS:b"s,
                                  "*"s,
                                  "a.*.b"s,
                                  "*.*.b"s,
                                  "b\xc3\xbc"s,
                                  "a\0b"s,
                                  "10.0.0.5"s,
                                  "::1"s,
                                  std::string(64, 'a') + ".b",
                                  std::string(200, 'a')}) {
    EXPECT_FALSE(takes(add_host, host)) << testing::PrintToString(host);
  }
}

TEST(Names, OfAddressesAreReadStrictly) {
  for (const char* const address : {"10.0.0.5", "2001:db8::5", "::1"}) {
    EXPECT_TRUE(takes(add_address, address)) << address;
  }
  for (const std::string& address : {""s,
                                     " 10.0.0.5"s,
                                     "10.0.0.5 "s,
                                     "010.0.0.5"s,
                                     "10.0.5"s,
                                     "10.0.0.256"s,
                                     "fe80::1%eth0"s,
                                     "10.0.0.5\0"s,
                                     "ci.example.com"s,
                                     "10.0.0.0/8"s}) {
    EXPECT_FALSE(takes(add_address, address)) << testing::PrintToString(address);
  }
}

TEST(Names, OfUrisHaveAScheme) {
  EXPECT_TRUE(takes(add_uri, "spiffe://example.com/ci"));
  EXPECT_TRUE(takes(add_uri, "urn:example"));
  for (const std::string& uri : {""s,
                                 "example.com/ci"s,
                                 ":a"s,
                                 "a:"s,
                                 "spiffe://a b"s,
                                 "spiffe://a\nb"s,
                                 "b\xc3\xbc:x"s,
                                 "a b:c"s,
                                 "spiffe://" + std::string(2048, 'a')}) {
    EXPECT_FALSE(takes(add_uri, uri)) << testing::PrintToString(uri);
  }
}

TEST(Names, OfEmailsHaveAHost) {
  EXPECT_TRUE(takes(add_email, "ci+1@example.com"));
  for (const std::string& email :
       {""s, "ci"s, "@example.com"s, "ci@"s, "ci@a b"s, "c i@a"s, "ci@a@b"s, "ci@a\n"s}) {
    EXPECT_FALSE(takes(add_email, email)) << testing::PrintToString(email);
  }
}

}  // namespace
}  // namespace dockgate::certs
