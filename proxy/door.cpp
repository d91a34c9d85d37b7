#include "proxy/door.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "proxy/listening_port.h"

namespace dockgate::proxy {
namespace {

using Protocol = boost::asio::generic::stream_protocol;

// Answers are written whole; a peer that vanished is found out by the kernel.
void make_tcp_prompt(Socket& socket) {
  const int on = 1;
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

}  // namespace

Door::Door(const policy::Listen& listen, boost::asio::io_context& context)
    : name_(listen.text()),
      address_(name_),
      kind_(listen.tcp_address() != nullptr ? HangUp::Kind::tcp : HangUp::Kind::unix_socket),
      acceptor_(context) {
  if (listen.tls) tls_.emplace(*listen.tls);
}

std::unique_ptr<Door> Door::open(const policy::Listen& listen,
                                 const PassedSockets& passed,
                                 boost::asio::io_context& context,
                                 std::string& problem) {
  std::unique_ptr<Door> door(new Door(listen, context));
  if (door->tls_) problem = door->tls_->load();
  if (problem.empty()) problem = door->listen_at(listen, passed);
  return problem.empty() ? std::move(door) : nullptr;
}

std::string Door::listen_at(const policy::Listen& listen, const PassedSockets& passed) {
  boost::system::error_code failed;
  const policy::TcpAddress* const tcp = listen.tcp_address();
  const Protocol protocol = tcp == nullptr
                                ? Protocol(AF_UNIX, 0)
                                : Protocol(tcp->is_ipv6() ? AF_INET6 : AF_INET, IPPROTO_TCP);
  if (const auto descriptor = passed.at(listen.address)) {
    acceptor_.assign(protocol, *descriptor, failed);
  } else if (tcp != nullptr) {
    const ListeningPort opened = listen_on(*tcp);
    if (!opened.problem.empty()) return opened.problem;
    address_ = opened.address.text();
    acceptor_.assign(protocol, opened.descriptor, failed);
  } else {
    ListenResult opened = listen_on(listen);
    if (!opened.problem.empty()) return opened.problem;
    place_.emplace(std::move(opened.socket));
    acceptor_.assign(protocol, place_->release(), failed);
  }
  return failed ? "cannot listen on " + address_ + ": " + failed.message() : "";
}

bool Door::has_tls(const std::optional<policy::Tls>& files) const {
  return tls_.has_value() == files.has_value() && (!files || tls_->files() == *files);
}

void Door::set_tls(std::optional<TlsFiles> files) {
  tls_.reset();
  if (files) tls_.emplace(*std::move(files));
}

void Door::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  place_.reset();
}

DoorState Door::state() const {
  DoorState out{.address = address_, .connections = count_, .ends = std::nullopt};
  if (tls_ && tls_->context() != nullptr) {
    const certs::TlsContext& context = *tls_->context();
    out.ends = TlsEnds{.certificate = context.certificate_ends(),
                       .client_ca = context.client_ca_ends(),
                       .crl = context.crl_ends()};
  }
  return out;
}

Arrival Door::arrival(Socket socket, std::size_t most_connections) {
  if (kind_ == HangUp::Kind::tcp) make_tcp_prompt(socket);
  Counted counted(count_);
  const bool too_many = counted.now() > most_connections;
  return {.socket = std::move(socket),
          .kind = kind_,
          .listener = name_,
          .tls = tls_ ? tls_->context() : nullptr,
          .of_listener = std::move(counted),
          .too_many = too_many};
}

}  // namespace dockgate::proxy
