#include "tests/certs/handshake.h"

#include <openssl/err.h>

namespace dockgate::certs {
namespace {

constexpr const char* welcome = "welcome";

// What ended a call; "": it waits for the other side.
std::string complaint(SSL& ssl, int result) {
  const int error = SSL_get_error(&ssl, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return "";
  return error == SSL_ERROR_ZERO_RETURN ? "closed" : last_complaint();
}

}  // namespace

Context client_context(const ClientWanted& wanted) {
  Context context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(context.get(), 0);
  ensure(SSL_CTX_set_min_proto_version(context.get(), wanted.lowest) == 1 &&
             SSL_CTX_set_max_proto_version(context.get(), wanted.highest) == 1 &&
             SSL_CTX_set_cipher_list(context.get(), wanted.ciphers.c_str()) == 1,
         "a client");
  SSL_CTX_set_options(context.get(), SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
  if (!wanted.groups.empty()) {
    ensure(SSL_CTX_set1_groups_list(context.get(), wanted.groups.c_str()) == 1, "groups");
  }
  if (!wanted.protocols.empty()) {
    SSL_CTX_set_alpn_protos(context.get(),
                            reinterpret_cast<const unsigned char*>(wanted.protocols.data()),
                            static_cast<unsigned>(wanted.protocols.size()));
  }
  if (wanted.identity == nullptr) return context;
  ensure(SSL_CTX_use_certificate(context.get(), wanted.identity->certificate.get()) == 1 &&
             SSL_CTX_use_PrivateKey(context.get(), wanted.identity->key.get()) == 1,
         "a client's certificate");
  SSL_CTX_set_mode(context.get(), SSL_MODE_NO_AUTO_CHAIN);
  for (int i = 0; i < wanted.copies_of_chain; ++i) {
    for (const Made* const one : wanted.chain) {
      SSL_CTX_add1_chain_cert(context.get(), one->certificate.get());
    }
  }
  return context;
}

Handshake::Handshake(SSL_CTX& server, SSL_CTX& client, SSL_SESSION* resumed)
    : server_(SSL_new(&server)), client_(SSL_new(&client)) {
  BIO* at_server = nullptr;
  BIO* at_client = nullptr;
  ensure(BIO_new_bio_pair(&at_server, 0, &at_client, 0) == 1, "a pair");
  SSL_set_bio(server_.get(), at_server, at_server);
  SSL_set_bio(client_.get(), at_client, at_client);
  SSL_set_accept_state(server_.get());
  SSL_set_connect_state(client_.get());
  if (resumed != nullptr) ensure(SSL_set_session(client_.get(), resumed) == 1, "a session");
  pump();
}

std::string Handshake::verdict() const {
  return X509_verify_cert_error_string(SSL_get_verify_result(server_.get()));
}

std::string Handshake::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(client_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

// Handshakes, or reads; whether something moved.
bool Handshake::step(SSL& ssl, std::string& says, std::string& received) {
  const auto moved_bytes = [&ssl] {
    return BIO_number_read(SSL_get_rbio(&ssl)) + BIO_number_written(SSL_get_wbio(&ssl));
  };
  if (!says.empty()) return false;
  const auto before = moved_bytes();
  ERR_clear_error();
  char buffer[64];
  const bool reads = SSL_in_init(&ssl) == 0;
  const int result = reads ? SSL_read(&ssl, buffer, sizeof buffer) : SSL_do_handshake(&ssl);
  if (result <= 0) says = complaint(ssl, result);
  if (reads && result > 0) received.append(buffer, static_cast<std::size_t>(result));
  return result > 0 || before != moved_bytes();
}

void Handshake::pump() {
  bool moved = true;
  while (moved) {
    moved = step(*client_, client_says_, at_client_);
    moved = step(*server_, server_says_, at_server_) || moved;
    if (!welcomed_ && SSL_is_init_finished(server_.get()) == 1 && server_says_.empty()) {
      welcomed_ = SSL_write(server_.get(), welcome, 7) == 7;
      moved = true;
    }
  }
  let_in_ = at_client_ == welcome;
}

bool Handshake::carries() {
  at_server_.clear();
  if (SSL_write(client_.get(), "word", 4) != 4) return false;
  pump();
  return at_server_ == "word";
}

}  // namespace dockgate::certs
