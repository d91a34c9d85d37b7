// One connection of the load to a server under test: over a Unix socket, or TLS 1.3 on loopback
// with a certificate of its own. Never blocks, but to connect.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace dockgate::bench {

// Where a server listens: "unix:PATH", or "tls:PORT".
class Target {
 public:
  // `certificates`: a folder with ca.pem, cert.pem and key.pem, for TLS; `cipher` is TLS 1.3's
  // name.
  Target(const std::string& address, const std::string& certificates, const std::string& cipher);

  int connect() const;

  // Null without TLS.
  SSL_CTX* tls() const { return tls_.get(); }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  std::string path_;
  int port_ = 0;
  std::unique_ptr<SSL_CTX, Free> tls_;
};

class Wire {
 public:
  explicit Wire(const Target& target);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire();

  struct Step {
    std::size_t bytes = 0;
    bool ended = false;  // closed, or broken
  };

  // Nothing where it would have to wait, for what `waits_for` then says. The first of them makes
  // the handshake.
  Step read(std::span<char> into);
  Step write(std::string_view bytes);

  // EPOLLIN or EPOLLOUT.
  std::uint32_t waits_for() const { return waits_for_; }

  // There is more that poll does not know of.
  bool has_more() const { return tls_ != nullptr && SSL_pending(tls_) > 0; }

  int descriptor() const { return descriptor_; }

  // Waits until it can go on, where it is the only one.
  void wait() const;

 private:
  Step outcome(int result);

  int descriptor_;
  SSL* tls_ = nullptr;
  std::uint32_t waits_for_ = 0;
};

// All of it.
void write_all(Wire& wire, std::string_view bytes);

}  // namespace dockgate::bench
