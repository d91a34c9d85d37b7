// Whom the endpoint lets in: real handshakes, through memory.
#include "tests/certs/handshake.h"

#include <gtest/gtest.h>

#include "certs/pem.h"
#include "certs/tls_context.h"

namespace dockgate::certs {
namespace {

class Endpoint : public testing::Test {
 protected:
  Endpoint()
      : authority_(make(authority_named("ca"))),
        server_(make(server_named("gate"), &authority_)),
        client_(make(client_named("runner"), &authority_)) {}

  TlsContext context(const CrlWanted& crl = {}, TlsFloor floor = TlsFloor::tls13) {
    return context_of(to_pem(*authority_.certificate), to_pem(*make_list(authority_, crl)), floor);
  }

  // crl "": none.
  TlsContext context_of(const std::string& authorities,
                        const std::string& crl,
                        TlsFloor floor = TlsFloor::tls13) {
    auto loaded =
        TlsContext::load({.certificate = folder_.with("cert", to_pem(*server_.certificate)),
                          .key = folder_.with("key", to_pem(*server_.key)),
                          .client_ca = folder_.with("ca", authorities),
                          .crl = crl.empty() ? "" : folder_.with("crl", crl)},
                         floor);
    if (!loaded) throw std::runtime_error(loaded.error().text);
    return std::move(*loaded);
  }

  // How it ends for a client with this certificate.
  std::string verdict_on(const TlsContext& server, const Made& identity) {
    Handshake handshake(*server.handle(), *client_context({.identity = &identity}));
    EXPECT_EQ(handshake.let_in(), handshake.verdict() == "ok") << handshake.server_says();
    EXPECT_EQ(server.objection_to(identity.certificate.get(), nullptr),
              handshake.let_in() ? "" : handshake.verdict());
    return handshake.verdict();
  }

  Folder folder_;
  Made authority_;
  Made server_;
  Made client_;
};

TEST_F(Endpoint, LetsInWhomItsCaCertified) {
  const TlsContext server = context();
  EXPECT_EQ(verdict_on(server, client_), "ok");
  const Handshake handshake(*server.handle(), *client_context({.identity = &client_}));
  EXPECT_EQ(handshake.cipher(), "TLS_AES_128_GCM_SHA256");
}

TEST_F(Endpoint, RefusesAClientWithoutACertificate) {
  const TlsContext server = context();
  const Handshake handshake(*server.handle(), *client_context({}));
  EXPECT_FALSE(handshake.let_in());
  EXPECT_EQ(handshake.server_says(), "peer did not return a certificate");
}

TEST_F(Endpoint, RefusesAnotherCasClient) {
  const Made other = make(authority_named("another ca"));
  const Made of_the_same_name = make(authority_named("ca"));
  const TlsContext server = context();
  EXPECT_EQ(verdict_on(server, make(client_named("runner"), &other)),
            "unable to get local issuer certificate");
  EXPECT_NE(verdict_on(server, make(client_named("runner"), &of_the_same_name)), "ok");
}

TEST_F(Endpoint, RefusesAnExpiredClient) {
  Wanted wanted = client_named("runner");
  wanted.ends = -60;
  EXPECT_EQ(verdict_on(context(), make(wanted, &authority_)), "certificate has expired");
}

TEST_F(Endpoint, RefusesAClientThatIsNotYetValid) {
  Wanted wanted = client_named("runner");
  wanted.starts = 60;
  EXPECT_EQ(verdict_on(context(), make(wanted, &authority_)), "certificate is not yet valid");
}

TEST_F(Endpoint, RefusesARevokedClientAndNoOther) {
  const Made other = make(client_named("other"), &authority_);
  const TlsContext server = context({.revoked = {&client_}});
  EXPECT_EQ(verdict_on(server, client_), "certificate revoked");
  EXPECT_EQ(verdict_on(server, other), "ok");
}

TEST_F(Endpoint, RefusesAClientThatSignedItself) {
  EXPECT_NE(verdict_on(context(), make(client_named("runner"))), "ok");
}

TEST_F(Endpoint, RefusesACertificateForAnotherPurpose) {
  EXPECT_EQ(verdict_on(context(), server_), "unsuitable certificate purpose");
}

TEST_F(Endpoint, RefusesAClientThatCertifiesClients) {
  const Made between = make(client_named("runner"), &authority_);
  const Made below = make(client_named("admin"), &between);
  const TlsContext server = context();
  const Context client = client_context({.identity = &below, .chain = {&between}});
  const Handshake handshake(*server.handle(), *client);
  EXPECT_FALSE(handshake.let_in());
  EXPECT_EQ(handshake.verdict(), "invalid CA certificate");
}

TEST_F(Endpoint, RefusesWeakKeysAndSignatures) {
  Wanted short_key = client_named("runner");
  short_key.rsa_bits = 1024;
  Wanted old_digest = client_named("runner");
  old_digest.digest = EVP_sha1();
  const TlsContext server = context();
  EXPECT_EQ(verdict_on(server, make(short_key, &authority_)), "EE certificate key too weak");
  EXPECT_EQ(verdict_on(server, make(old_digest, &authority_)),
            "CA signature digest algorithm too weak");
}

TEST_F(Endpoint, RefusesWhatRfc5280DoesNotAllow) {
  Wanted wanted = client_named("runner");
  wanted.names_its_authority = false;
  EXPECT_EQ(verdict_on(context(), make(wanted, &authority_)), "Missing Authority Key Identifier");
}

TEST_F(Endpoint, AsksTheListsOfEveryCaOfAChain) {
  const Made between = make(authority_named("between"), &authority_);
  const Made below = make(client_named("runner"), &between);
  const std::string both = to_pem(*authority_.certificate) + to_pem(*between.certificate);
  const std::string lower = to_pem(*make_list(between));
  EXPECT_EQ(verdict_on(context_of(both, to_pem(*make_list(authority_)) + lower), below), "ok");
  const Crl revoked = make_list(authority_, {.revoked = {&between}});
  EXPECT_EQ(verdict_on(context_of(both, to_pem(*revoked) + lower), below), "certificate revoked");
  EXPECT_EQ(verdict_on(context_of(both, ""), below), "ok");
}

TEST_F(Endpoint, RefusesAChainThatIsTooDeep) {
  std::vector<Made> chain;
  std::string authorities = to_pem(*authority_.certificate);
  for (int i = 0; i < 6; ++i) {
    chain.push_back(
        make(authority_named("ca " + std::to_string(i)), i == 0 ? &authority_ : &chain.back()));
    authorities += to_pem(*chain.back().certificate);
  }
  const TlsContext server = context_of(authorities, "");
  EXPECT_EQ(verdict_on(server, make(client_named("runner"), &chain[3])), "ok");
  EXPECT_EQ(verdict_on(server, make(client_named("runner"), &chain[5])),
            "certificate chain too long");
}

TEST_F(Endpoint, StopsReadingAHugeChain) {
  Wanted large = client_named("large");
  large.alternatives = {{GEN_DNS, std::string(32768, 'a')}};
  const Made filling = make(large);
  const TlsContext server = context();
  for (const auto& [copies, let_in] : {std::pair{1, true}, std::pair{2, false}, {320, false}}) {
    Handshake handshake(
        *server.handle(),
        *client_context({.identity = &client_, .chain = {&filling}, .copies_of_chain = copies}));
    EXPECT_EQ(handshake.let_in(), let_in) << copies;
    EXPECT_EQ(handshake.server_says(), let_in ? "" : "excessive message size") << copies;
    EXPECT_LT(handshake.server_has_read(), 70000U) << copies;
  }
}

TEST_F(Endpoint, SpeaksNothingOlderThanItsFloor) {
  const TlsContext high = context();
  const TlsContext low = context({}, TlsFloor::tls12);
  for (const auto& [version, at_high, at_low] : {std::tuple{TLS1_VERSION, false, false},
                                                 {TLS1_1_VERSION, false, false},
                                                 {TLS1_2_VERSION, false, true},
                                                 {TLS1_3_VERSION, true, true}}) {
    const Context client =
        client_context({.identity = &client_, .lowest = version, .highest = version});
    EXPECT_EQ(Handshake(*high.handle(), *client).let_in(), at_high) << version;
    EXPECT_EQ(Handshake(*low.handle(), *client).let_in(), at_low) << version;
  }
  const Context any = client_context({.identity = &client_});
  EXPECT_STREQ(SSL_get_version(&Handshake(*low.handle(), *any).client()), "TLSv1.3");
  const Context old = client_context({.identity = &client_, .highest = TLS1_2_VERSION});
  EXPECT_EQ(Handshake(*high.handle(), *old).server_says(), "unsupported protocol");
}

TEST_F(Endpoint, SpeaksTls12WithForwardSecrecyAndAeadAlone) {
  const TlsContext server = context({}, TlsFloor::tls12);
  for (const auto& [ciphers, let_in] : {std::pair{"ECDHE-ECDSA-AES128-GCM-SHA256", true},
                                        {"ECDHE-ECDSA-AES256-GCM-SHA384", true},
                                        {"ECDHE-ECDSA-CHACHA20-POLY1305", true},
                                        {"ECDHE-ECDSA-AES128-SHA256", false},
                                        {"ECDHE-ECDSA-AES256-SHA", false},
                                        {"ECDHE-ECDSA-AES128-CCM8", false},
                                        {"AES128-GCM-SHA256", false},
                                        {"DHE-RSA-AES128-GCM-SHA256", false}}) {
    const Context client = client_context({.identity = &client_,
                                           .highest = TLS1_2_VERSION,
                                           .ciphers = std::string(ciphers) + ":@SECLEVEL=0"});
    EXPECT_EQ(Handshake(*server.handle(), *client).let_in(), let_in) << ciphers;
  }
}

TEST_F(Endpoint, ChoosesTheCipherItself) {
  const TlsContext server = context({}, TlsFloor::tls12);
  const auto chosen = [&](const std::string& ciphers) {
    const Context client = client_context(
        {.identity = &client_, .highest = TLS1_2_VERSION, .ciphers = ciphers + ":@SECLEVEL=0"});
    return Handshake(*server.handle(), *client).cipher();
  };
  EXPECT_EQ(chosen("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"),
            "ECDHE-ECDSA-AES256-GCM-SHA384");
  EXPECT_EQ(chosen("ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384"),
            "ECDHE-ECDSA-CHACHA20-POLY1305")
      << "of a client without AES in hardware";
}

TEST_F(Endpoint, AgreesOnItsGroupsAlone) {
  const TlsContext server = context();
  for (const auto& [groups, let_in] : {std::pair{"X25519", true},
                                       {"P-256", true},
                                       {"P-384", true},
                                       {"P-521", false},
                                       {"X448", false},
                                       {"ffdhe2048", false}}) {
    const Context client = client_context({.identity = &client_, .groups = groups});
    EXPECT_EQ(Handshake(*server.handle(), *client).let_in(), let_in) << groups;
  }
}

TEST_F(Endpoint, DoesNotRenegotiate) {
  const TlsContext server = context({}, TlsFloor::tls12);
  Handshake handshake(*server.handle(),
                      *client_context({.identity = &client_, .highest = TLS1_2_VERSION}));
  ASSERT_TRUE(handshake.let_in());
  ASSERT_TRUE(handshake.carries());
  SSL_set_options(&handshake.server(), SSL_OP_ALLOW_CLIENT_RENEGOTIATION);  // it has the last word
  ASSERT_EQ(SSL_renegotiate(&handshake.client()), 1);
  handshake.pump();
  EXPECT_EQ(handshake.client_says(), "no renegotiation");
  EXPECT_EQ(SSL_num_renegotiations(&handshake.server()), 0);
}

TEST_F(Endpoint, SpeaksHttp11) {
  const TlsContext server = context();
  const auto with = [&](const std::string& protocols) {
    return Handshake(*server.handle(),
                     *client_context({.identity = &client_, .protocols = protocols}));
  };
  EXPECT_EQ(with("\x08http/1.1").protocol(), "http/1.1");
  EXPECT_EQ(with("\x02h2\x08http/1.1").protocol(), "http/1.1");
  EXPECT_EQ(with("").protocol(), "");
  EXPECT_TRUE(with("").let_in());
  for (const char* const protocols : {"\x02h2", "\x08http/1.0", "\x07http/1."}) {
    const Handshake handshake = with(protocols);
    EXPECT_FALSE(handshake.let_in());
    EXPECT_EQ(handshake.client_says(), "tlsv1 alert no application protocol");
  }
}

Session session_of(Handshake& handshake, SSL_CTX& client) {
  SSL_CTX_set_session_cache_mode(&client, SSL_SESS_CACHE_CLIENT);
  handshake.carries();
  return Session(SSL_get1_session(&handshake.client()));
}

// A ticket is for the context that gave it: across a reload a revoked client would be let in
// without another look at its certificate.
TEST_F(Endpoint, ResumesUnderTheContextThatGaveTheTicket) {
  const TlsContext before = context();
  const Context client = client_context({.identity = &client_});
  Handshake first(*before.handle(), *client);
  ASSERT_TRUE(first.let_in());
  const Session session = session_of(first, *client);
  EXPECT_EQ(SSL_SESSION_is_resumable(session.get()), 1);
  EXPECT_LE(SSL_SESSION_get_ticket_lifetime_hint(session.get()), 3600U);
  Handshake again(*before.handle(), *client, session.get());
  EXPECT_TRUE(again.let_in());
  EXPECT_TRUE(again.resumed());
  EXPECT_NE(SSL_get0_peer_certificate(&again.server()), nullptr);
  const TlsContext same_files = context();
  Handshake elsewhere(*same_files.handle(), *client, session.get());
  EXPECT_TRUE(elsewhere.let_in());
  EXPECT_FALSE(elsewhere.resumed());
  const TlsContext after = context({.revoked = {&client_}});
  Handshake revoked(*after.handle(), *client, session.get());
  EXPECT_FALSE(revoked.let_in());
  EXPECT_EQ(revoked.verdict(), "certificate revoked");
}

// The certificate is verified before a ticket is taken, as the client would be without one.
TEST_F(Endpoint, TakesNoTicketThatItCannotJudge) {
  const Made between = make(authority_named("between"), &authority_);
  const Made below = make(client_named("runner"), &between);
  const TlsContext server = context_of(to_pem(*authority_.certificate), "");
  const Context client = client_context({.identity = &below, .chain = {&between}});
  Handshake first(*server.handle(), *client);
  ASSERT_TRUE(first.let_in());
  const Session session = session_of(first, *client);
  Handshake again(*server.handle(), *client, session.get());
  EXPECT_TRUE(again.let_in());
  EXPECT_FALSE(again.resumed());
}

TEST_F(Endpoint, ResumesNothingWhereOlderClientsAreTaken) {
  const TlsContext server = context({}, TlsFloor::tls12);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const Context client =
        client_context({.identity = &client_, .lowest = version, .highest = version});
    Handshake first(*server.handle(), *client);
    ASSERT_TRUE(first.let_in());
    const Session session = session_of(first, *client);
    EXPECT_EQ(SSL_SESSION_is_resumable(session.get()), 0) << version;
    Handshake again(*server.handle(), *client, session.get());
    EXPECT_TRUE(again.let_in());
    EXPECT_FALSE(again.resumed()) << version;
  }
}

TEST_F(Endpoint, JudgesAnOpenConnectionByANewerContext) {
  const Made between = make(authority_named("between"), &authority_);
  const Made below = make(client_named("runner"), &between);
  const TlsContext server = context_of(to_pem(*authority_.certificate), "");
  Handshake handshake(*server.handle(), *client_context({.identity = &below, .chain = {&between}}));
  ASSERT_TRUE(handshake.let_in());
  X509* const certificate = SSL_get0_peer_certificate(&handshake.server());
  const auto* const chain = SSL_get_peer_cert_chain(&handshake.server());
  EXPECT_EQ(server.objection_to(certificate, chain), "");
  EXPECT_EQ(server.objection_to(certificate, nullptr), "unable to get local issuer certificate");
  EXPECT_EQ(server.objection_to(nullptr, nullptr), "no certificate");
  const std::string both = to_pem(*authority_.certificate) + to_pem(*between.certificate);
  const std::string upper = to_pem(*make_list(authority_));
  const TlsContext unchanged = context_of(both, upper + to_pem(*make_list(between)));
  EXPECT_EQ(unchanged.objection_to(certificate, chain), "");
  const Crl list = make_list(between, {.revoked = {&below}});
  const TlsContext revoked = context_of(both, upper + to_pem(*list));
  EXPECT_EQ(revoked.objection_to(certificate, chain), "certificate revoked");
  const Made other = make(authority_named("another ca"));
  EXPECT_NE(context_of(to_pem(*other.certificate), "").objection_to(certificate, chain), "");
}

}  // namespace
}  // namespace dockgate::certs
