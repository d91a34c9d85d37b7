#include "proxy/input_buffer.h"

#include <algorithm>
#include <boost/asio/error.hpp>
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

Task<Result<std::size_t>> InputBuffer::fill_more(ByteStream& from, std::size_t room) {
  if (room_ < room) {
    std::unique_ptr<char[]> wider(new char[room]);
    std::copy_n(bytes_.get() + begin_, end_ - begin_, wider.get());
    bytes_ = std::move(wider);
    room_ = room;
  } else {
    std::copy(bytes_.get() + begin_, bytes_.get() + end_, bytes_.get());
  }
  end_ -= begin_;
  begin_ = 0;
  if (end_ == room_) {
    const boost::system::error_code full = boost::asio::error::no_buffer_space;
    co_return full;
  }
  const std::span<char> into(bytes_.get() + end_, room_ - end_);
  const Result<std::size_t> came = co_await from.read_some(into);
  if (came) end_ += *came;
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
