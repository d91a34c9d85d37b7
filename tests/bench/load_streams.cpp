#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "tests/bench/load.h"
#include "tests/bench/message.h"
#include "tests/bench/sockets.h"

namespace dockgate::bench {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;
constexpr std::size_t piece_size = 32 * 1024;
constexpr std::string_view usual = " HTTP/1.1\r\nHost: docker\r\nUser-Agent: bench\r\n";

using Buffer = std::array<char, 65536>;

// What came, at least a byte; nothing at the end.
std::string_view next(Wire& wire, Buffer& buffer) {
  while (true) {
    const Wire::Step step = wire.read(buffer);
    if (step.bytes > 0 || step.ended) return {buffer.data(), step.bytes};
    wire.wait();
  }
}

// The head of an answer; `rest` is what came behind it.
std::string read_head(Wire& wire, Buffer& buffer, std::string& rest) {
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos) {
    const std::string_view came = next(wire, buffer);
    check(!came.empty(), "the server ended a connection");
    head += came;
  }
  const std::size_t end = head.find("\r\n\r\n") + 4;
  rest = head.substr(end);
  head.resize(end);
  return head;
}

void read_answer(Wire& wire, Buffer& buffer, std::string_view status, Measured& measured) {
  std::string rest;
  const std::string head = read_head(wire, buffer, rest);
  if (head.compare(9, status.size(), status) != 0) ++measured.bad;
  BodyEnd body(head);
  measured.bytes += body.feed(rest);
  while (!body.complete()) {
    const std::string_view came = next(wire, buffer);
    check(!came.empty(), "the server ended a connection");
    measured.bytes += body.feed(came);
  }
  measured.requests = 1;
}

// Attached to a container: HAProxy takes no Upgrade with a body, as that of an exec instance has
// one.
void open_tunnel(Wire& wire, Buffer& buffer, const Wishes& wishes, Measured& measured) {
  const std::string usual_target =
      "/v1.43/containers/" + std::string(64, 'a') + "/attach?stream=1&stdin=1&stdout=1";
  std::string request = "POST " + wishes.text("target", usual_target);
  request += usual;
  write_all(wire, request + "Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n");
  std::string rest;
  const std::string head = read_head(wire, buffer, rest);
  if (head.compare(9, 3, "101") != 0) ++measured.bad;
}

}  // namespace

Measured receive_stream(const Target& target, const Wishes& wishes) {
  Measured measured;
  Wire wire(target);
  Buffer buffer{};
  std::string request = "GET " + wishes.text("target", "/images/get?names=nginx");
  request += usual;
  const Stopwatch watch;
  write_all(wire, request + "\r\n");
  read_answer(wire, buffer, "200", measured);
  measured.seconds = watch.seconds();
  return measured;
}

Measured send_stream(const Target& target, const Wishes& wishes) {
  Measured measured;
  Wire wire(target);
  Buffer buffer{};
  const std::string piece = "8000\r\n" + std::string(piece_size, '\0') + "\r\n";
  const std::uint64_t size = wishes.number("mib", 1) * mib;
  std::string request = "POST " + wishes.text("target", "/images/load?quiet=1");
  request += usual;
  const Stopwatch watch;
  write_all(wire,
            request + "Content-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (std::uint64_t sent = 0; sent < size; sent += piece_size) write_all(wire, piece);
  write_all(wire, "0\r\n\r\n");
  read_answer(wire, buffer, "200", measured);
  measured.bytes = size;
  measured.seconds = watch.seconds();
  return measured;
}

Measured echo_latency(const Target& target, const Wishes& wishes) {
  Measured measured;
  Wire wire(target);
  Buffer buffer{};
  open_tunnel(wire, buffer, wishes, measured);
  const std::string said(64, 'e');
  const std::uint64_t requests = wishes.number("requests", 1000);
  const Stopwatch whole;
  for (; measured.requests < requests; ++measured.requests) {
    const Stopwatch watch;
    write_all(wire, said);
    for (std::size_t heard = 0; heard < said.size();) {
      const std::string_view came = next(wire, buffer);
      check(!came.empty(), "the server ended a tunnel");
      heard += came.size();
    }
    measured.nanoseconds.push_back(watch.nanoseconds());
  }
  measured.seconds = whole.seconds();
  return measured;
}

Measured echo_stream(const Target& target, const Wishes& wishes) {
  Measured measured;
  Wire wire(target);
  Buffer buffer{};
  open_tunnel(wire, buffer, wishes, measured);
  const std::uint64_t size = wishes.number("mib", 1) * mib;
  const std::string piece(65536, 'e');
  std::uint64_t sent = 0;
  const Stopwatch watch;
  while (measured.bytes < size) {
    bool moved = false;
    if (sent < size) {
      const auto more =
          static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - sent));
      const Wire::Step step = wire.write(std::string_view(piece).substr(0, more));
      check(!step.ended, "the server ended a tunnel");
      sent += step.bytes;
      moved = step.bytes > 0;
    }
    const Wire::Step step = wire.read(buffer);
    check(!step.ended, "the server ended a tunnel");
    measured.bytes += step.bytes;
    if (moved || step.bytes > 0) continue;
    const bool writes = sent < size;
    pollfd waiting{wire.descriptor(), writes ? short{POLLIN | POLLOUT} : short{POLLIN}, 0};
    poll(&waiting, 1, -1);
  }
  measured.seconds = watch.seconds();
  measured.requests = 1;
  return measured;
}

}  // namespace dockgate::bench
