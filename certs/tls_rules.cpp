#include "certs/tls_rules.h"

#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <string_view>

#include "certs/handles.h"
#include "certs/verification.h"

namespace dockgate::certs {
namespace {

constexpr int security_level = 2;  // 112 bits: no RSA below 2048, no SHA-1
constexpr int deepest_chain = 4;   // CAs between a client and a root
constexpr long largest_chain = 64 * 1024;

constexpr const char* suites =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* ciphers_of_tls12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr const char* groups = "X25519:P-256:P-384";
constexpr std::string_view http = "http/1.1";

// A client that offers protocols must offer ours; one that offers none speaks HTTP/1.1 anyway.
int choose_protocol(SSL*,
                    const unsigned char** chosen,
                    unsigned char* size,
                    const unsigned char* offered,
                    unsigned offered_size,
                    void*) {
  for (unsigned at = 0; at < offered_size; at += 1U + offered[at]) {
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
    if (name != http) continue;
    *chosen = offered + at + 1;
    *size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol
}

void limit_versions_and_ciphers(SSL_CTX& context, TlsFloor floor) {
  const int lowest = floor == TlsFloor::tls13 ? TLS1_3_VERSION : TLS1_2_VERSION;
  SSL_CTX_set_security_level(&context, security_level);
  ensure(SSL_CTX_set_min_proto_version(&context, lowest) == 1 &&
             SSL_CTX_set_max_proto_version(&context, TLS1_3_VERSION) == 1 &&
             SSL_CTX_set_ciphersuites(&context, suites) == 1 &&
             SSL_CTX_set_cipher_list(&context, ciphers_of_tls12) == 1 &&
             SSL_CTX_set1_groups_list(&context, groups) == 1,
         "setting the TLS versions and ciphers");
}

// A ticket was made under this very context, whose keys no other has. The certificate that it was
// given for is verified once more: who it is may have ended since. What cannot be verified without
// the chain that the client once sent shakes hands in full.
SSL_TICKET_RETURN judge_ticket(SSL* ssl,
                               SSL_SESSION* session,
                               const unsigned char*,
                               std::size_t,
                               SSL_TICKET_STATUS status,
                               void*) {
  const bool sound = status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW;
  if (!sound) return SSL_TICKET_RETURN_IGNORE_RENEW;
  X509* const certificate = SSL_SESSION_get0_peer(session);
  const bool welcome = objection_by(*SSL_get_SSL_CTX(ssl), certificate, nullptr).empty();
  return welcome ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_IGNORE_RENEW;
}

// Sessions go on by tickets of TLS 1.3, and by nothing else: the keys of older ones open what was
// recorded. Nothing is kept here for them, and nothing is read before the handshake has ended.
void allow_tickets(SSL_CTX& context, TlsFloor floor) {
  constexpr long lifetime = 3600;  // seconds
  unsigned char own_name[SSL_MAX_SID_CTX_LENGTH];
  const bool older = floor == TlsFloor::tls12;
  if (older) SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(&context, lifetime);
  ensure(RAND_bytes(own_name, sizeof own_name) == 1 &&
             SSL_CTX_set_session_id_context(&context, own_name, sizeof own_name) == 1 &&
             SSL_CTX_set_num_tickets(&context, older ? 0 : 1) == 1 &&
             SSL_CTX_set_max_early_data(&context, 0) == 1 &&
             SSL_CTX_set_session_ticket_cb(&context, nullptr, judge_ticket, nullptr) == 1,
         "setting how sessions go on");
}

void require_client_certificates(SSL_CTX& context) {
  SSL_CTX_set_verify(&context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_verify_depth(&context, deepest_chain);
  SSL_CTX_set_max_cert_list(&context, largest_chain);
  X509_VERIFY_PARAM* const rules = SSL_CTX_get0_param(&context);
  ensure(X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_CLIENT) == 1 &&
             X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT) == 1,
         "requiring client certificates");
}

}  // namespace

std::shared_ptr<SSL_CTX> context_with_rules(TlsFloor floor) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  ensure(context != nullptr, "making a TLS context");
  SSL_CTX_set_options(context.get(),
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                          SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  limit_versions_and_ciphers(*context, floor);
  allow_tickets(*context, floor);
  require_client_certificates(*context);
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  return context;
}

void require_crl(SSL_CTX& context) {
  ensure(X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(&context),
                                     X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL) == 1,
         "requiring revocation lists");
}

}  // namespace dockgate::certs
