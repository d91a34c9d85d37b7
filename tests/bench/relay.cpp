// The floor of the benchmark: copies bytes between a client's Unix socket and the Engine's, one
// connection to the Engine a client, and looks at none of them.
//
//   bench_relay LISTEN ENGINE
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/sockets.h"

namespace {

using namespace dockgate::bench;

struct Pair;

struct Side {
  Pair* pair = nullptr;
  Side* other = nullptr;
  int descriptor = -1;
  std::string waiting;  // what could not be written to it yet
  bool ended = false;   // no more comes from it
  std::uint32_t events = EPOLLIN;
};

struct Pair {
  Side client;
  Side engine;
  bool closed = false;
};

class Relay {
 public:
  Relay(const std::string& path, std::string engine)
      : listener_(listen_at(path)), engine_(std::move(engine)) {
    poll_.add(listener_, nullptr, EPOLLIN);
  }

  [[noreturn]] void run() {
    while (true) {
      for (const epoll_event& event : poll_.wait()) {
        if (event.data.ptr == nullptr) {
          take_in();
        } else {
          attend(*static_cast<Side*>(event.data.ptr), event.events);
        }
      }
      for (Pair* pair : closed_) delete pair;
      closed_.clear();
    }
  }

 private:
  void take_in() {
    for (int came = accept_from(listener_); came >= 0; came = accept_from(listener_)) {
      auto* pair = new Pair;  // until both sides have ended
      pair->client = {pair, &pair->engine, came, {}, false, EPOLLIN};
      pair->engine = {pair, &pair->client, connect_to(engine_), {}, false, EPOLLIN};
      for (Side* side : {&pair->client, &pair->engine}) {
        poll_.add(side->descriptor, side, EPOLLIN);
      }
    }
  }

  void attend(Side& side, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0 && !side.pair->closed) write(side, {});
    if ((events & ~EPOLLOUT) != 0 && !side.pair->closed && reads(side)) read(side);
  }

  void read(Side& from) {
    const ssize_t came = recv(from.descriptor, buffer_.data(), buffer_.size(), 0);
    if (came < 0 && errno == EAGAIN) return;
    if (came > 0) {
      write(*from.other, {buffer_.data(), static_cast<std::size_t>(came)});
      return;
    }
    from.ended = true;
    if (came < 0 || from.other->ended) {
      close(*from.pair);
      return;
    }
    shutdown(from.other->descriptor, SHUT_WR);
    look_for(from);
  }

  void write(Side& to, std::string_view more) {
    const std::string_view bytes = to.waiting.empty() ? more : std::string_view(to.waiting);
    const ssize_t sent = send(to.descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
      close(*to.pair);
      return;
    }
    const auto done = static_cast<std::size_t>(sent < 0 ? 0 : sent);
    if (done == bytes.size() && to.waiting.empty()) return;
    to.waiting = std::string(bytes.substr(done));
    look_for(to);
    look_for(*to.other);
  }

  // Nothing is read from one side while something of it waits for the other.
  static bool reads(const Side& side) { return !side.ended && side.other->waiting.empty(); }

  void look_for(Side& side) {
    const std::uint32_t events =
        (reads(side) ? EPOLLIN : 0U) | (side.waiting.empty() ? 0U : EPOLLOUT);
    if (events == side.events) return;
    side.events = events;
    poll_.change(side.descriptor, &side, events);
  }

  void close(Pair& pair) {
    pair.closed = true;
    for (Side* side : {&pair.client, &pair.engine}) ::close(side->descriptor);
    closed_.push_back(&pair);
  }

  Poll poll_;
  int listener_;
  std::string engine_;
  std::array<char, 65536> buffer_{};
  std::vector<Pair*> closed_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) give_up("usage: bench_relay LISTEN ENGINE");
  raise_descriptor_limit();
  Relay(arguments[1], arguments[2]).run();
}
