#include "proxy/guest.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "certs/identity.h"
#include "proxy/peer_of_socket.h"
#include "proxy/socket_stream.h"
#include "proxy/tls_stream.h"

namespace dockgate::proxy {
namespace {

policy::Certificate names_of(certs::Identity identity) {
  return {.common_name = std::move(identity.common_name),
          .dns = std::move(identity.dns),
          .uri = std::move(identity.uri),
          .email = std::move(identity.email),
          .organization_unit = std::move(identity.organization_units),
          .fingerprint_sha256 = std::move(identity.fingerprint_sha256),
          .public_key_sha256 = std::move(identity.public_key_sha256),
          .issuer = std::move(identity.issuer)};
}

}  // namespace

Guest::Guest(Loop& loop, Arrival arrival)
    : loop_(loop),
      listener_(std::move(arrival.listener)),
      context_(std::move(arrival.tls)),
      peer_(peer_of(arrival.socket, arrival.kind, listener_, loop.shared.executables)),
      of_listener_(std::move(arrival.of_listener)),
      too_many_(arrival.too_many) {
  if (context_ == nullptr) {
    stream_ =
        std::make_unique<SocketStream>(std::move(arrival.socket), arrival.kind, loop.deadlines);
    return;
  }
  auto stream = std::make_unique<TlsStream>(std::move(arrival.socket), context_, loop.deadlines);
  tls_ = stream.get();
  stream_ = std::move(stream);
}

Guest::~Guest() = default;

Task<void> Guest::run() {
  if (tls_ != nullptr) {
    const bool shaken = co_await shake_hands();
    if (!shaken) {
      stream_->close();
      co_return;
    }
  }
  if (too_many_) turned_away_ = Refused(503, "dockgate: too many connections", After::close);
  session_ = std::make_unique<Session>(
      loop_, std::move(stream_), std::move(peer_), std::move(turned_away_));
  if (stopping_) session_->stop();
  co_await session_->run();
}

Task<bool> Guest::shake_hands() {
  // More than the listener holds get no handshake: it is the dearest thing they could ask for.
  if (too_many_) co_return false;
  stream_->set_deadline(Clock::now() + loop_.in_force->settings.limits.handshake_time);
  const std::string failed = co_await tls_->handshake();
  if (!failed.empty()) {
    spdlog::warn("no TLS with {} on {}: {}", peer_.address, listener_, failed);
    co_return false;
  }
  stream_->set_deadline(ByteStream::never);
  // It was judged by what its listener had when it came; by now that may have changed.
  const std::string objection = newer_ == nullptr ? "" : tls_->objection_of(*newer_);
  if (!objection.empty()) {
    spdlog::warn("no TLS with {} on {}: {}", peer_.address, listener_, objection);
    co_return false;
  }
  auto identity = certs::identity_of(*tls_->certificate());
  if (!identity) {
    spdlog::warn("no client for {} on {}: {}", peer_.address, listener_, identity.error().text);
    turned_away_ = Refused(403, "dockgate: " + identity.error().text, After::close);
    co_return true;
  }
  peer_.certificate = names_of(std::move(*identity));
  co_return true;
}

void Guest::stop() {
  stopping_ = true;
  if (session_ != nullptr) session_->stop();
}

void Guest::abort() {
  stopping_ = true;
  if (session_ != nullptr) {
    session_->abort();
  } else if (stream_ != nullptr) {
    stream_->close();
  }
}

void Guest::take_over() {
  if (session_ != nullptr) session_->take_over();
}

void Guest::check_again(const std::string& listener,
                        const std::shared_ptr<const certs::TlsContext>& newer) {
  if (tls_ == nullptr || listener != listener_) return;
  if (session_ == nullptr) {
    newer_ = newer;  // for when its handshake is done
    return;
  }
  const std::string objection = tls_->objection_of(*newer);
  if (objection.empty()) return;
  spdlog::warn("ending a connection on {}: {}", listener_, objection);
  abort();
}

}  // namespace dockgate::proxy
