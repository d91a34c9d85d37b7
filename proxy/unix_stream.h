// A ByteStream over a Unix socket, and how one is opened.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <memory>
#include <string>
#include <vector>

#include "proxy/byte_stream.h"
#include "proxy/deadlines.h"

namespace dockgate::proxy {

class UnixStream final : public ByteStream {
 public:
  using Socket = boost::asio::local::stream_protocol::socket;

  UnixStream(Socket socket, Deadlines& deadlines);
  ~UnixStream() override;

  Task<Result<std::size_t>> read_some(std::span<char> into) override;
  using ByteStream::write_all;
  Task<Result<void>> write_all(Pieces pieces) override;
  void shut_down_write() override;
  void watch_peer(std::function<void()> gone) override;
  bool peer_is_gone() const override;
  bool is_quiet() const override;
  bool is_open() const override;
  void cancel() override;
  void close() override;

 private:
  // Outlives the stream while the kernel may still call back.
  struct Watch {
    std::function<void()> gone;
    UnixStream* stream = nullptr;
    boost::asio::cancellation_signal stop;
  };

  static void wait_for_hang_up(const std::shared_ptr<Watch>& watch);
  boost::system::error_code why(const boost::system::error_code& failed) const;

  mutable Socket socket_;  // asking it for its state is no change of it
  Deadlines& deadlines_;
  std::shared_ptr<Watch> watch_;
};

// Connects, waiting up to `limit` where the listener's queue is full.
Task<Result<std::unique_ptr<ByteStream>>> connect_unix(std::string path,
                                                       Clock::duration limit,
                                                       Deadlines& deadlines);

}  // namespace dockgate::proxy
