#include "tests/bench/wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "tests/bench/sockets.h"

namespace dockgate::bench {

Target::Target(const std::string& address,
               const std::string& certificates,
               const std::string& cipher) {
  const std::size_t colon = address.find(':');
  const std::string kind = address.substr(0, colon);
  errno = EINVAL;
  check(colon != std::string::npos && (kind == "unix" || kind == "tls"), address);
  if (kind == "unix") {
    path_ = address.substr(colon + 1);
    return;
  }
  port_ = std::atoi(address.c_str() + colon + 1);
  tls_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* const context = tls_.get();
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // every handshake is a whole one
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const bool usable =
      SSL_CTX_set_ciphersuites(context, cipher.c_str()) == 1 &&
      SSL_CTX_load_verify_file(context, (certificates + "/ca.pem").c_str()) == 1 &&
      SSL_CTX_use_certificate_chain_file(context, (certificates + "/cert.pem").c_str()) == 1 &&
      SSL_CTX_use_PrivateKey_file(context, (certificates + "/key.pem").c_str(), SSL_FILETYPE_PEM) ==
          1;
  check(usable, "the certificates in " + certificates);
}

int Target::connect() const {
  if (tls_ == nullptr) return connect_to(path_);
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* plain = reinterpret_cast<const sockaddr*>(&address);
  check(::connect(connection, plain, sizeof address) == 0, "connect");
  const int on = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  check(fcntl(connection, F_SETFL, O_NONBLOCK) == 0, "connect");
  return connection;
}

Wire::Wire(const Target& target) : descriptor_(target.connect()) {
  if (target.tls() == nullptr) return;
  tls_ = SSL_new(target.tls());
  SSL_set_fd(tls_, descriptor_);
  SSL_set_connect_state(tls_);
  SSL_set1_host(tls_, "localhost");
}

Wire::~Wire() {
  SSL_free(tls_);
  close(descriptor_);
}

Wire::Step Wire::read(std::span<char> into) {
  if (tls_ != nullptr) return outcome(SSL_read(tls_, into.data(), static_cast<int>(into.size())));
  const ssize_t came = recv(descriptor_, into.data(), into.size(), 0);
  waits_for_ = EPOLLIN;
  if (came < 0 && errno == EAGAIN) return {};
  return {static_cast<std::size_t>(came < 0 ? 0 : came), came <= 0};
}

Wire::Step Wire::write(std::string_view bytes) {
  if (tls_ != nullptr)
    return outcome(SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())));
  const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  waits_for_ = EPOLLOUT;
  if (sent < 0 && errno == EAGAIN) return {};
  return {static_cast<std::size_t>(sent < 0 ? 0 : sent), sent < 0};
}

Wire::Step Wire::outcome(int result) {
  if (result > 0) return {static_cast<std::size_t>(result), false};
  const int error = SSL_get_error(tls_, result);
  waits_for_ = error == SSL_ERROR_WANT_WRITE ? EPOLLOUT : EPOLLIN;
  return {0, error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE};
}

void Wire::wait() const {
  pollfd waiting{descriptor_, waits_for_ == EPOLLOUT ? short{POLLOUT} : short{POLLIN}, 0};
  poll(&waiting, 1, -1);
}

void write_all(Wire& wire, std::string_view bytes) {
  while (!bytes.empty()) {
    const Wire::Step step = wire.write(bytes);
    check(!step.ended, "write");
    bytes.remove_prefix(step.bytes);
    if (step.bytes == 0) wire.wait();
  }
}

}  // namespace dockgate::bench
