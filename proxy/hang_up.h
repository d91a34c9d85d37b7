// Notices that the peer of a socket has left for good: nobody is there to read an answer.
//
// Of a Unix socket the kernel says so. Over TCP the end of a peer's sending (FIN) is all that
// comes, whether it left or only has no more to say; it counts as leaving, as Go's HTTP server
// takes it, until the peer's end was read where only its sending can have ended: in a tunnel.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "proxy/socket_events.h"

namespace dockgate::proxy {

class HangUp {
 public:
  enum class Kind : std::uint8_t { unix_socket, tcp };

  // The socket and its events outlive it.
  HangUp(Socket& socket, SocketEvents& events, Kind kind)
      : socket_(socket), events_(events), kind_(kind) {}

  ~HangUp();
  HangUp(const HangUp&) = delete;
  HangUp& operator=(const HangUp&) = delete;

  // Calls `gone` once when it happens; over TCP up to a second late. An empty function ends the
  // watch.
  void watch(std::function<void()> gone);

  bool has_happened() const;

  // The peer was heard to end its sending.
  void peer_ended() { peer_ended_ = true; }

 private:
  // Outlives its owner while its timer may still call back.
  struct Watch {
    explicit Watch(HangUp& of) : owner(&of), pause(of.socket_.get_executor()) {}

    HangUp* owner;
    std::function<void()> gone;
    boost::asio::steady_timer pause;
  };

  static void wait(const std::shared_ptr<Watch>& watch);
  static void look(const std::shared_ptr<Watch>& watch);
  void end_watch();

  Socket& socket_;
  SocketEvents& events_;
  Kind kind_;
  bool peer_ended_ = false;
  std::shared_ptr<Watch> watch_;
};

}  // namespace dockgate::proxy
