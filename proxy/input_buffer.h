// Bytes that came from a peer and are not used yet. A new read starts only when all are used, so
// what is waiting never moves, and a peer that is not read from is held back by the kernel.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "proxy/byte_stream.h"

namespace dockgate::proxy {

class InputBuffer {
 public:
  static constexpr std::size_t small = 4 * 1024;   // for heads
  static constexpr std::size_t large = 64 * 1024;  // for bodies and tunnels

  std::string_view unread() const { return {bytes_.get() + begin_, end_ - begin_}; }

  bool empty() const { return begin_ == end_; }

  void consume(std::size_t count) { begin_ += count; }

  // Reads what there is, at most `room` bytes; 0 at the peer's end. Only when empty.
  Task<Result<std::size_t>> fill(ByteStream& from, std::size_t room);

  // Reads more behind what is unread, which is kept together in a buffer of at most `room` bytes;
  // an error where that is full.
  Task<Result<std::size_t>> fill_more(ByteStream& from, std::size_t room);

  // Gives all memory back, and what is unread with it.
  void release();
  // Gives back what a body or tunnel needed; only where nothing is unread.
  void rest();

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t room_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace dockgate::proxy
