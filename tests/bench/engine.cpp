// An Engine for the benchmark that costs next to nothing: one thread, epoll, answers that never
// change, a stream of any length, a body that is read and forgotten, a tunnel that echoes.
//
//   bench_engine LISTEN STREAMED_MIB
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/answers.h"
#include "tests/bench/message.h"
#include "tests/bench/sockets.h"

namespace {

using namespace dockgate::bench;

constexpr std::size_t chunk_size = 32 * 1024;  // as the Engine copies an archive

const std::string chunk = "8000\r\n" + std::string(chunk_size, 'x') + "\r\n";
const std::string last_chunk = "0\r\n\r\n";

struct Connection {
  int descriptor = -1;
  std::string input;  // a head that is not whole yet
  std::string head;   // of the request whose body comes
  BodyEnd body;
  std::string echo;          // of a tunnel, what goes back
  std::string_view output;   // the rest of what is being sent
  std::uint64_t chunks = 0;  // that follow it
  bool streaming = false;
  bool tunnel = false;
  bool ended = false;  // no more comes
  std::uint32_t events = EPOLLIN;
};

class Engine {
 public:
  Engine(const std::string& path, std::uint64_t streamed)
      : listener_(listen_at(path)), chunks_(streamed * 1024 * 1024 / chunk_size) {
    poll_.add(listener_, nullptr, EPOLLIN);
  }

  [[noreturn]] void run() {
    while (true) {
      for (const epoll_event& event : poll_.wait()) {
        if (event.data.ptr == nullptr) {
          take_in();
        } else {
          attend(*static_cast<Connection*>(event.data.ptr), event.events);
        }
      }
    }
  }

 private:
  void take_in() {
    for (int came = accept_from(listener_); came >= 0; came = accept_from(listener_)) {
      auto* connection = new Connection;  // until it is closed
      connection->descriptor = came;
      poll_.add(came, connection, EPOLLIN);
    }
  }

  void attend(Connection& connection, std::uint32_t events) {
    bool open = true;
    if ((events & EPOLLOUT) != 0) {
      open = write(connection);
    } else {
      open = read(connection);
    }
    if (open) {
      look_for(connection);
    } else {
      close(connection.descriptor);
      delete &connection;
    }
  }

  void look_for(Connection& connection) {
    const std::uint32_t events = connection.output.empty() ? EPOLLIN : EPOLLOUT;
    if (events == connection.events) return;
    connection.events = events;
    poll_.change(connection.descriptor, &connection, events);
  }

  // False where the connection has ended.
  bool read(Connection& connection) {
    const ssize_t came = recv(connection.descriptor, buffer_.data(), buffer_.size(), 0);
    if (came < 0) return errno == EAGAIN;
    if (came == 0) return false;
    const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(came));
    if (connection.tunnel) {
      connection.echo = bytes;
      connection.output = connection.echo;
      return write(connection);
    }
    return take(connection, bytes);
  }

  bool take(Connection& connection, std::string_view bytes) {
    if (!connection.head.empty()) {
      connection.body.feed(bytes);
    } else {
      connection.input += bytes;
      const std::size_t end = connection.input.find("\r\n\r\n");
      if (end == std::string::npos) return true;
      connection.head = connection.input.substr(0, end + 4);
      connection.body = BodyEnd(connection.head);
      connection.body.feed(std::string_view(connection.input).substr(end + 4));
      connection.input.clear();
    }
    return !connection.body.complete() || answer(connection);
  }

  bool answer(Connection& connection) {
    const std::string_view head = connection.head;
    const std::size_t space = head.find(' ');
    const std::string_view method = head.substr(0, space);
    const std::string_view target = head.substr(space + 1, head.find(' ', space + 1) - space - 1);
    const std::string_view path = path_of(target);
    connection.tunnel = !value_of(head, "upgrade").empty();
    connection.streaming = path == "/images/get";
    connection.output = answer_to(method, target);
    if (connection.tunnel) connection.output = tunnel_head;
    if (connection.streaming) {
      connection.output = stream_head;
      connection.chunks = chunks_;
    }
    connection.ended = value_of(head, "connection") == "close";
    connection.head.clear();
    return write(connection);
  }

  bool write(Connection& connection) {
    while (!connection.output.empty()) {
      const ssize_t sent = send(
          connection.descriptor, connection.output.data(), connection.output.size(), MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN;
      connection.output.remove_prefix(static_cast<std::size_t>(sent));
      if (!connection.output.empty()) return true;
      if (connection.chunks > 0) {
        connection.output = chunk;
        --connection.chunks;
      } else if (connection.streaming) {
        connection.output = last_chunk;
        connection.streaming = false;
      }
    }
    return !connection.ended;
  }

  Poll poll_;
  int listener_;
  std::uint64_t chunks_;
  std::array<char, 65536> buffer_{};
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) give_up("usage: bench_engine LISTEN STREAMED_MIB");
  raise_descriptor_limit();
  Engine(arguments[1], std::strtoull(arguments[2], nullptr, 10)).run();
}
