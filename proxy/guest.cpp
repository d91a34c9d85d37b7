#include "proxy/guest.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "certs/identity.h"
#include "proxy/peer_of_socket.h"
#include "proxy/socket_stream.h"
#include "proxy/tls_stream.h"

namespace dockgate::proxy {
namespace {

constexpr std::chrono::seconds connection_pause{1};  // until a client may try the next one

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

Guest::Guest(Shared& shared, Deadlines& deadlines, Arrival arrival)
    : shared_(shared),
      deadlines_(deadlines),
      listener_(std::move(arrival.listener)),
      context_(std::move(arrival.tls)),
      peer_(peer_of(arrival.socket, arrival.kind, listener_)),
      of_listener_(std::move(arrival.of_listener)),
      too_many_(arrival.too_many) {
  if (context_ == nullptr) {
    stream_ = std::make_unique<SocketStream>(std::move(arrival.socket), arrival.kind, deadlines);
    return;
  }
  auto stream = std::make_unique<TlsStream>(std::move(arrival.socket), context_, deadlines);
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
  introduce();
  session_ = std::make_unique<Session>(
      shared_, deadlines_, std::move(stream_), std::move(peer_), who_, std::move(unwelcome_));
  if (stopping_) session_->stop();
  co_await session_->run();
}

Task<bool> Guest::shake_hands() {
  // More than the listener holds get no handshake: it is the dearest thing they could ask for.
  if (too_many_) co_return false;
  stream_->set_deadline(Clock::now() + shared_.settings.limits.handshake_time);
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
    unwelcome_ = Refused(403, "dockgate: " + identity.error().text, After::close);
    co_return true;
  }
  peer_.certificate = names_of(std::move(*identity));
  co_return true;
}

// First match wins; no match is refused, and told so in answer to its first request.
void Guest::introduce() {
  if (too_many_) unwelcome_ = Refused(503, "dockgate: too many connections", After::close);
  if (unwelcome_) return;
  who_ = shared_.settings.client_of(peer_);
  if (who_ == nullptr) {
    unwelcome_ = Refused(
        403,
        "dockgate: no client of the configuration matches " + peer_.text() + " on " + listener_,
        After::close);
    return;
  }
  auto counted = shared_.clients.of(*who_).connect();
  if (counted) {
    of_client_.emplace(std::move(*counted));
  } else {
    unwelcome_ = refused_for_limit("connections", who_->name, connection_pause, After::close);
  }
}

void Guest::stop() {
  stopping_ = true;
  if (session_ != nullptr) {
    session_->stop();
  } else if (stream_ != nullptr) {
    stream_->close();
  }
}

void Guest::abort() {
  stopping_ = true;
  if (session_ != nullptr) {
    session_->abort();
  } else if (stream_ != nullptr) {
    stream_->close();
  }
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
