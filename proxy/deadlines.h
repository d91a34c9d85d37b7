// The deadlines of one thread's streams: stored time points, swept by one timer, so that a read
// costs no timer of its own. A deadline is kept up to a quarter of a second late, and a peer that
// left is missed as late.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unordered_set>

#include "proxy/byte_stream.h"

namespace dockgate::proxy {

class Deadlines {
 public:
  explicit Deadlines(boost::asio::io_context& context) : timer_(context) {}

  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;

  // Sweeps run between these two.
  void start();

  void stop() {
    stopped_ = true;
    timer_.cancel();
  }

  // A stream is watched from its making to its end.
  void watch(ByteStream& stream) { streams_.insert(&stream); }

  void forget(ByteStream& stream) { streams_.erase(&stream); }

 private:
  void sweep();

  boost::asio::steady_timer timer_;
  bool stopped_ = false;  // a sweep that was due already is not cancelled any more
  std::unordered_set<ByteStream*> streams_;
};

}  // namespace dockgate::proxy
