#include "proxy/input_buffer.h"

#include <algorithm>
#include <new>

namespace dockgate::proxy {

Task<Result<std::size_t>> InputBuffer::fill(ByteStream& from, std::size_t room) {
  if (room_ < room) {
    bytes_.reset(new char[room]);  // not zeroed: a read comes first
    room_ = room;
  }
  begin_ = end_ = 0;
  const std::span<char> into(bytes_.get(), room_);
  const Result<std::size_t> came = co_await from.read_some(into);
  if (came) end_ = *came;
  co_return came;
}

void InputBuffer::release() {
  bytes_.reset();
  room_ = begin_ = end_ = 0;
}

void InputBuffer::rest() {
  if (empty() && room_ > small) release();
}

}  // namespace dockgate::proxy
