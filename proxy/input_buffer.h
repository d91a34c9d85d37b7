// Bytes that came from a peer and are not used yet. A new read starts only when all are used, so
// what is waiting never moves, and a peer that is not read from is held back by the kernel.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "proxy/byte_stream.h"

namespace dockgate::proxy {

class InputBuffer {
 public:
  static constexpr std::size_t idle = 2304;        // what a connection at rest has: for most heads
  static constexpr std::size_t small = 8 * 1024;   // for answers and bodies, most of which are short
  static constexpr std::size_t large = 64 * 1024;  // for long ones, and tunnels

  std::string_view unread() const { return {bytes_.get() + begin_, end_ - begin_}; }

  bool empty() const { return begin_ == end_; }

  void consume(std::size_t count) { begin_ += count; }

  // Where the next read puts what there is, `room` bytes at most; only when empty. What came is
  // then told to `came`, before anything else is asked of this.
  std::span<char> room_for(std::size_t room);

  void came(std::size_t count) { end_ = count; }

  // Both at once; 0 at the peer's end.
  Task<Result<std::size_t>> fill(ByteStream& from, std::size_t room);

  // Reads more behind what is unread, which is kept together in a buffer of at most `room` bytes;
  // an error where that is full.
  Task<Result<std::size_t>> fill_more(ByteStream& from, std::size_t room);

  ~InputBuffer() { release(); }

  InputBuffer() = default;
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

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
