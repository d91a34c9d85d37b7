// What epoll(7) says of one socket, so that nothing is asked of the kernel that it has told. Asio
// tries to read before it waits, in vain where a peer still has to answer: a call for each request
// and each answer. This waits first, once what was there is known to be read.
//
// It is an operation of Asio's reactor, which is no public interface of Asio; the events come
// edge-triggered, and one operation stands in the reactor's queue for as long as the socket is
// open, so that no event is missed.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

namespace dockgate::proxy {

// Asio's socket, with what its reactor has of it.
class Socket : public boost::asio::generic::stream_protocol::socket {
 public:
  using Plain = boost::asio::generic::stream_protocol::socket;
  using Plain::Plain;

  Socket(Plain&& socket) : Plain(std::move(socket)) {}

 private:
  friend class SocketEvents;

  boost::asio::detail::reactor::per_descriptor_data& reactor_data() {
    return impl_.get_implementation().reactor_data_;
  }
};

class SocketEvents {
 public:
  // The socket is open, outlives it, and nobody else waits to read from it.
  explicit SocketEvents(Socket& socket);
  ~SocketEvents();
  SocketEvents(const SocketEvents&) = delete;
  SocketEvents& operator=(const SocketEvents&) = delete;

  // Whether there may be bytes, or an end, to read.
  bool may_be_readable() const { return may_be_readable_; }

  // A read took `count` bytes, none where it would have blocked; there was room for `room`.
  void note_read(std::optional<std::size_t> count, std::size_t room);

  // A peer that has said all it has to say for now is not asked for more, unless the last read left
  // something. Its end can have come with its last bytes, without an event of its own: that is
  // found by the next sweep.
  void presume_empty();
  void look_again();

  // Until there may be something to read: true; or until it is cancelled or closed: false. Two
  // waits at a time, for a read and for a write.
  boost::asio::awaitable<bool> wait();

  // Ends a wait, of reading and writing; the socket stays open.
  void cancel();

  // Called at each event, such as the peer's leaving, until the next call of this.
  void at_each(std::function<void()> heard);

 private:
  class Standing;

  Socket& socket_;
  bool may_be_readable_ = true;
  bool took_all_ = false;  // the last read did
  bool presumed_ = false;
  Standing* standing_;  // its own master: it goes when the reactor has given it back
};

}  // namespace dockgate::proxy
