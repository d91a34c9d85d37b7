// A connection from its acceptance to its end: who it is, whether it may come in, and its session.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "policy/peer.h"
#include "proxy/arrival.h"
#include "proxy/counted.h"
#include "proxy/loop.h"
#include "proxy/session.h"

namespace dockgate::proxy {

class TlsStream;

class Guest {
 public:
  // `loop` outlives it.
  Guest(Loop& loop, Arrival arrival);
  ~Guest();
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  // Handshake, introduction, session. Until the connection has ended. Once.
  Task<void> run();

  // Ends after the request that is under way, at once where there is none; who has just come has a
  // moment.
  void stop();
  // Ends now.
  void abort();

  // The loop has another generation in force.
  void take_over();

  // Ends now where `newer`, which its listener has from now on, would not let it in.
  void check_again(const std::string& listener,
                   const std::shared_ptr<const certs::TlsContext>& newer);

 private:
  // False where there is no connection to go on with.
  Task<bool> shake_hands();

  Loop& loop_;
  std::string listener_;
  std::shared_ptr<const certs::TlsContext> context_;  // nullptr: plain bytes
  policy::Peer peer_;
  Counted of_listener_;
  bool too_many_;
  std::shared_ptr<const certs::TlsContext> newer_;  // what came during its handshake
  std::unique_ptr<ByteStream> stream_;              // the session's, once there is one
  TlsStream* tls_ = nullptr;                        // the same; nullptr where it is none
  std::optional<Refused> turned_away_;
  std::unique_ptr<Session> session_;
  bool stopping_ = false;
};

}  // namespace dockgate::proxy
