#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tests/bench/load.h"
#include "tests/bench/message.h"
#include "tests/bench/sockets.h"

namespace dockgate::bench {
namespace {

std::string request_of(const Wishes& wishes) {
  const std::string file = wishes.text("body", "");
  std::string request = wishes.text("method", "GET") + " " + wishes.text("target", "/_ping") +
                        " HTTP/1.1\r\nHost: docker\r\nUser-Agent: bench\r\n";
  if (wishes.text("each", "") == "new") request += "Connection: close\r\n";
  if (file.empty()) return request + "\r\n";
  std::ifstream opened(file);
  const std::string body{std::istreambuf_iterator<char>(opened), {}};
  return request +
         "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// One client, one request at a time.
struct Client {
  std::unique_ptr<Wire> wire;
  std::string_view unsent;
  std::string head;
  BodyEnd body;
  bool answered = false;  // its head has come
  Stopwatch watch;
};

class Load {
 public:
  Load(const Target& target, const Wishes& wishes)
      : target_(target),
        request_(request_of(wishes)),
        status_(" " + wishes.text("status", "200") + " "),
        new_each_(wishes.text("each", "") == "new"),
        left_(wishes.number("requests", 1000)),
        clients_(wishes.number("connections", 1)) {
    measured_.nanoseconds.reserve(left_);
  }

  Measured run() {
    const Stopwatch whole;
    for (Client& client : clients_) {
      if (left_ > 0) begin(client);
    }
    while (under_way_ > 0) {
      for (const epoll_event& event : poll_.wait()) {
        advance(*static_cast<Client*>(event.data.ptr));
      }
    }
    measured_.seconds = whole.seconds();
    return std::move(measured_);
  }

 private:
  void begin(Client& client) {
    --left_;
    ++under_way_;
    client.unsent = request_;
    client.head.clear();
    client.answered = false;
    client.watch = Stopwatch();
    if (client.wire == nullptr) {
      client.wire = std::make_unique<Wire>(target_);
      poll_.add(client.wire->descriptor(), &client, EPOLLIN);
    }
    send(client);
  }

  void send(Client& client) {
    while (!client.unsent.empty()) {
      const Wire::Step step = client.wire->write(client.unsent);
      check(!step.ended, "the server ended a connection");
      client.unsent.remove_prefix(step.bytes);
      if (step.bytes > 0) continue;
      poll_.change(client.wire->descriptor(), &client, client.wire->waits_for());
      return;
    }
  }

  void advance(Client& client) {
    if (!client.unsent.empty()) {
      send(client);
      if (client.unsent.empty()) poll_.change(client.wire->descriptor(), &client, EPOLLIN);
      return;
    }
    do {
      const Wire::Step step = client.wire->read(buffer_);
      check(!step.ended, "the server ended a connection");
      take(client, {buffer_.data(), step.bytes});
      if (client.answered && client.body.complete()) {
        finish(client);
        return;
      }
    } while (client.wire->has_more());
  }

  void take(Client& client, std::string_view bytes) {
    if (client.answered) {
      client.body.feed(bytes);
      return;
    }
    client.head += bytes;
    const std::size_t end = client.head.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const std::string_view all = client.head;
    client.answered = true;
    client.body = BodyEnd(all.substr(0, end + 4));
    client.body.feed(all.substr(end + 4));
  }

  void finish(Client& client) {
    measured_.nanoseconds.push_back(client.watch.nanoseconds());
    ++measured_.requests;
    if (client.head.compare(8, status_.size(), status_) != 0) ++measured_.bad;
    --under_way_;
    if (new_each_) client.wire.reset();
    if (left_ > 0) begin(client);
  }

  const Target& target_;
  std::string request_;
  std::string status_;
  bool new_each_;
  std::uint64_t left_;
  std::uint64_t under_way_ = 0;
  std::vector<Client> clients_;
  Poll poll_;
  std::array<char, 256 * 1024> buffer_{};
  Measured measured_;
};

}  // namespace

Measured send_requests(const Target& target, const Wishes& wishes) {
  return std::make_unique<Load>(target, wishes)->run();
}

Measured stay_idle(const Target& target, const Wishes& wishes) {
  Measured measured;
  std::vector<std::unique_ptr<Wire>> wires;
  const std::string request = request_of(wishes);
  const std::uint64_t connections = wishes.number("connections", 1);
  std::array<char, 4096> answer{};
  for (std::uint64_t made = 0; made < connections; ++made) {
    wires.push_back(std::make_unique<Wire>(target));
    write_all(*wires.back(), request);
    while (wires.back()->read(answer).bytes == 0) wires.back()->wait();
  }
  measured.requests = connections;
  std::puts("ready");
  std::fflush(stdout);
  while (::read(STDIN_FILENO, answer.data(), answer.size()) > 0) {
  }
  return measured;
}

}  // namespace dockgate::bench
