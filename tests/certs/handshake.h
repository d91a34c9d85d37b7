// A client and a server that speak TLS with each other through memory.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/certs/made.h"

namespace dockgate::certs {

using Context = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>>;

struct ClientWanted {
  const Made* identity = nullptr;  // nullptr: no certificate
  std::vector<const Made*> chain;  // what is sent beside it
  int copies_of_chain = 1;
  int lowest = TLS1_VERSION;
  int highest = TLS1_3_VERSION;
  std::string ciphers = "ALL:@SECLEVEL=0";  // below TLS 1.3
  std::string groups;                       // "": OpenSSL's
  std::string protocols;                    // ALPN's form: "\x08http/1.1"
};

// A client that takes any server: what is tested is whom the server takes.
Context client_context(const ClientWanted& wanted);

// One connection, spoken as far as it goes.
class Handshake {
 public:
  Handshake(SSL_CTX& server, SSL_CTX& client, SSL_SESSION* resumed = nullptr);

  // The client has read what the server sends to whom it has let in.
  bool let_in() const { return let_in_; }

  // Reasons as OpenSSL names them; "" while there is none.
  const std::string& server_says() const { return server_says_; }

  const std::string& client_says() const { return client_says_; }

  // What the server thinks of the client's certificate.
  std::string verdict() const;
  std::string protocol() const;

  std::string cipher() const { return SSL_get_cipher_name(client_.get()); }

  bool resumed() const { return SSL_session_reused(server_.get()) == 1; }

  std::size_t server_has_read() const { return BIO_number_read(SSL_get_rbio(server_.get())); }

  SSL& server() { return *server_; }

  SSL& client() { return *client_; }

  // Both sides read, write and answer until nothing moves.
  void pump();
  // Sends a word from the client to the server; whether it arrives.
  bool carries();

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  };

  using Connection = std::unique_ptr<SSL, FreeSsl>;

  bool step(SSL& ssl, std::string& says, std::string& received);

  Connection server_;
  Connection client_;
  std::string server_says_;
  std::string client_says_;
  std::string at_server_;
  std::string at_client_;
  bool welcomed_ = false;
  bool let_in_ = false;
};

}  // namespace dockgate::certs
