// A ByteStream over a Unix or TCP socket, in plain bytes; and how one to the Engine is opened.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "proxy/byte_stream.h"
#include "proxy/deadlines.h"
#include "proxy/hang_up.h"

namespace dockgate::proxy {

class SocketStream final : public ByteStream {
 public:
  SocketStream(Socket socket, HangUp::Kind kind, Deadlines& deadlines);
  ~SocketStream() override;

  Task<Result<std::size_t>> read_some(std::span<char> into) override;
  using ByteStream::write_all;
  Task<Result<void>> write_all(Pieces pieces) override;
  Task<void> shut_down_write() override;
  void watch_peer(std::function<void()> gone) override;
  bool peer_is_gone() const override;
  bool is_quiet() const override;
  void presume_silent() override;
  void check_silence() override;
  bool is_open() const override;
  void cancel() override;
  void close() override;

 private:
  bool is_late() const;
  boost::system::error_code interruption() const;

  mutable Socket socket_;  // asking it for its state is no change of it
  SocketEvents events_;
  Deadlines& deadlines_;
  HangUp hang_up_;
  unsigned in_a_row_ = 0;  // reads that did not wait
};

// Connects, waiting up to `limit` where the listener's queue is full.
Task<Result<std::unique_ptr<ByteStream>>> connect_unix(std::string path,
                                                       Clock::duration limit,
                                                       Deadlines& deadlines);

}  // namespace dockgate::proxy
