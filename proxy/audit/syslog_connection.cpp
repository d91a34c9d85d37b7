#include "proxy/audit/syslog_connection.h"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "certs/handles.h"

namespace dockgate::proxy::audit {
namespace {

using Outcome = Carrier::Outcome;
using Carried = Carrier::Carried;
using Context = std::unique_ptr<SSL_CTX, certs::FreeWith<SSL_CTX_free>>;
using Tls = std::unique_ptr<SSL, certs::FreeWith<SSL_free>>;

constexpr timeval patience{.tv_sec = 5, .tv_usec = 0};

Carried failed(const std::string& what) {
  return {Outcome::try_again, what + ": " + std::strerror(errno)};
}

void close_socket(int& socket) {
  if (socket >= 0) ::close(std::exchange(socket, -1));
}

int socket_of(int family, int type) {
  const int socket = ::socket(family, type | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return socket;
}

class UnixConnection final : public SyslogConnection {
 public:
  explicit UnixConnection(std::string path) : path_(std::move(path)) {}

  ~UnixConnection() override { close_socket(socket_); }

  Carried send(const std::string& message) override {
    if (socket_ < 0 && !connect()) return failed(path_);
    // A stream's messages end in a line feed; nothing within one is any.
    const std::string text = is_stream_ ? message + "\n" : message;
    const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(text.size())) return {};
    if (sent < 0 && errno == EMSGSIZE) return {Outcome::cannot_be_carried, "it is too long"};
    const Carried why = failed(path_);
    close_socket(socket_);
    return why;
  }

 private:
  bool connect() {
    sockaddr_un address{};
    if (path_.size() >= sizeof address.sun_path) {
      errno = ENAMETOOLONG;
      return false;
    }
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, path_.size());
    const void* const any = &address;
    for (const int type : {SOCK_DGRAM, SOCK_STREAM}) {
      socket_ = socket_of(AF_UNIX, type);
      is_stream_ = type == SOCK_STREAM;
      if (socket_ < 0) return false;
      if (::connect(socket_, static_cast<const sockaddr*>(any), sizeof address) == 0) return true;
      const int error = errno;
      close_socket(socket_);
      errno = error;
      if (error != EPROTOTYPE) return false;
    }
    return false;
  }

  std::string path_;
  int socket_ = -1;
  bool is_stream_ = false;
};

class NetworkConnection final : public SyslogConnection {
 public:
  // Without a context, in plain TCP.
  NetworkConnection(const policy::Syslog& settings, Context context)
      : host_(settings.host), port_(std::to_string(settings.port)), context_(std::move(context)) {}

  ~NetworkConnection() override { disconnect(); }

  Carried send(const std::string& message) override {
    if (socket_ >= 0 && server_has_left()) disconnect();
    if (socket_ < 0) {
      Carried connected = connect();
      if (connected.outcome != Outcome::carried) return connected;
    }
    const std::string framed = std::to_string(message.size()) + " " + message;
    if (write_all(framed)) return {};
    Carried why = failed(host_ + " broke off");
    disconnect();
    return why;
  }

 private:
  // A server has nothing to say; what can be read is its end. TLS tickets are read on the way.
  bool server_has_left() {
    char byte = 0;
    const ssize_t count = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count == 0) return true;
    if (count < 0) return errno != EAGAIN;
    return tls_ != nullptr && SSL_read(tls_.get(), &byte, 1) <= 0 &&
           SSL_get_error(tls_.get(), -1) == SSL_ERROR_ZERO_RETURN;
  }

  Carried connect() {
    addrinfo* found = nullptr;
    const addrinfo hints{.ai_socktype = SOCK_STREAM};
    const int unknown = ::getaddrinfo(host_.c_str(), port_.c_str(), &hints, &found);
    if (unknown != 0) return {Outcome::try_again, host_ + ": " + ::gai_strerror(unknown)};
    for (const addrinfo* one = found; one != nullptr && socket_ < 0; one = one->ai_next) {
      socket_ = socket_of(one->ai_family, SOCK_STREAM);
      if (socket_ >= 0 && ::connect(socket_, one->ai_addr, one->ai_addrlen) == 0) break;
      const int error = errno;
      close_socket(socket_);
      errno = error;
    }
    ::freeaddrinfo(found);
    if (socket_ < 0) return failed(host_);
    return context_ == nullptr ? Carried() : shake_hands();
  }

  Carried shake_hands() {
    tls_.reset(SSL_new(context_.get()));
    certs::ensure(tls_ != nullptr && SSL_set_fd(tls_.get(), socket_) == 1, "beginning TLS");
    X509_VERIFY_PARAM* const rules = SSL_get0_param(tls_.get());
    const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(rules, host_.c_str()) == 1;
    if (!is_address) {
      certs::ensure(SSL_set1_host(tls_.get(), host_.c_str()) == 1, "naming the server");
      // SSL_set_tlsext_host_name, which casts as C does.
      SSL_ctrl(tls_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host_.data());
    }
    ERR_clear_error();
    if (SSL_connect(tls_.get()) == 1) return {};
    const long objection = SSL_get_verify_result(tls_.get());
    std::string why =
        objection == X509_V_OK ? certs::last_complaint() : X509_verify_cert_error_string(objection);
    disconnect();
    return {Outcome::try_again, "no TLS with " + host_ + ": " + why};
  }

  bool write_all(std::string_view text) {
    while (!text.empty()) {
      ssize_t count = 0;
      if (tls_ != nullptr) {
        ERR_clear_error();
        count = SSL_write(tls_.get(), text.data(), static_cast<int>(text.size()));
      } else {
        count = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      }
      if (count <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  void disconnect() {
    if (tls_ != nullptr) SSL_shutdown(tls_.get());
    ERR_clear_error();
    tls_.reset();
    close_socket(socket_);
  }

  std::string host_;
  std::string port_;
  Context context_;
  Tls tls_;
  int socket_ = -1;
};

certs::Result<Context> context_for(const policy::Syslog& settings) {
  Context context(SSL_CTX_new(TLS_client_method()));
  certs::ensure(context != nullptr, "making a TLS context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const int trusted = settings.ca.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                          : SSL_CTX_load_verify_locations(
                                                context.get(), settings.ca.c_str(), nullptr);
  if (trusted == 1) return context;
  return certs::mistake(settings.ca + " holds no CA that can be used: " + certs::last_complaint());
}

}  // namespace

certs::Result<std::unique_ptr<SyslogConnection>> syslog_connection(const policy::Syslog& settings) {
  if (settings.transport == policy::Syslog::Transport::unix_socket) {
    return std::unique_ptr<SyslogConnection>(std::make_unique<UnixConnection>(settings.path));
  }
  Context context;
  if (settings.transport == policy::Syslog::Transport::tls) {
    auto made = context_for(settings);
    if (!made) return made.error();
    context = std::move(*made);
  }
  return std::unique_ptr<SyslogConnection>(
      std::make_unique<NetworkConnection>(settings, std::move(context)));
}

}  // namespace dockgate::proxy::audit
