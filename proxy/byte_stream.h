// Bytes to and from one peer: the only interface through which dockgate reads and writes. What is
// behind it (a Unix socket, TCP, TLS) no session knows.
//
// A stream lives and dies on one thread. A read and a write may be under way at the same time, but
// only one of each. close() and cancel() make every awaited call return an error.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include "policy/result.h"

namespace dockgate::proxy {

template <class T>
using Task = boost::asio::awaitable<T>;

using Clock = std::chrono::steady_clock;

// What is written in one go, in order.
using Pieces = std::span<const boost::asio::const_buffer>;

// A text as pieces; both outlive it.
class OnePiece {
 public:
  explicit OnePiece(std::string_view text) : piece_(text.data(), text.size()) {}

  operator Pieces() const { return Pieces(&piece_, 1); }

 private:
  boost::asio::const_buffer piece_;
};

class ByteStream {
 public:
  static constexpr Clock::time_point never = Clock::time_point::max();

  ByteStream() = default;
  virtual ~ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;

  // Waits for at least one byte; 0 is the peer's end of sending.
  virtual Task<Result<std::size_t>> read_some(std::span<char> into) = 0;

  // Writes all of it or fails. What it views must live until then.
  virtual Task<Result<void>> write_all(Pieces pieces) = 0;

  Task<Result<void>> write_all(std::string_view bytes) {
    const OnePiece piece(bytes);
    co_return co_await write_all(Pieces(piece));
  }

  // Ends sending, after what was written; the peer may go on.
  virtual Task<void> shut_down_write() = 0;

  // Calls `gone` once when the peer has closed altogether; ending its sending alone is no going,
  // such a peer still waits for its answer. An empty function ends the watch.
  virtual void watch_peer(std::function<void()> gone) = 0;
  virtual bool peer_is_gone() const = 0;

  // The same, but noticed when deadlines are swept: it costs next to nothing.
  void when_found_gone(std::function<void()> gone) { found_gone_ = std::move(gone); }

  void look_for_peer() {
    if (found_gone_ && peer_is_gone()) std::exchange(found_gone_, nullptr)();
  }

  // Whether the peer is there and has sent nothing: what a connection must be to be used again.
  virtual bool is_quiet() const = 0;
  virtual bool is_open() const = 0;

  // The peer has nothing to say until it is spoken to: the next read waits at once. A peer that
  // ended with its last bytes is then noticed when deadlines are swept, as one that left is.
  virtual void presume_silent() {}

  // What a sweep does about that.
  virtual void check_silence() {}

  // Ends what is awaited; the stream stays open. What a deadline does.
  virtual void cancel() = 0;
  virtual void close() = 0;

  // Closes as if cut off: no peer can take what it has for all there was.
  virtual void break_off() { close(); }

  // When what is awaited is cancelled, unless it is moved before; see proxy/deadlines.h.
  void set_deadline(Clock::time_point deadline) { deadline_ = deadline; }

  Clock::time_point deadline() const { return deadline_; }

 private:
  Clock::time_point deadline_ = never;
  std::function<void()> found_gone_;
};

// Watches a peer for as long as it lives.
class PeerWatch {
 public:
  // The stream outlives the watch.
  PeerWatch(ByteStream& stream, std::function<void()> gone) : stream_(stream) {
    stream_.watch_peer(std::move(gone));
  }

  ~PeerWatch() { stream_.watch_peer({}); }

  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

 private:
  ByteStream& stream_;
};

// The same by sweeps, for what mostly ends before one.
class LateWatch {
 public:
  // The stream outlives the watch.
  LateWatch(ByteStream& stream, std::function<void()> gone) : stream_(stream) {
    stream_.when_found_gone(std::move(gone));
  }

  ~LateWatch() { stream_.when_found_gone({}); }

  LateWatch(const LateWatch&) = delete;
  LateWatch& operator=(const LateWatch&) = delete;

 private:
  ByteStream& stream_;
};

// Runs two tasks side by side, until both have ended.
Task<void> both(Task<void> one, Task<void> other);

}  // namespace dockgate::proxy
