#include "proxy/input_buffer.h"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <new>
#include <utility>
#include <vector>

namespace dockgate::proxy {
namespace {

using Bytes = std::unique_ptr<char[]>;

// What a thread keeps of buffers that were given back: the next exchange takes the one that was
// used last, which the processor still has at hand.
class Spare {
 public:
  Spare(std::size_t size, std::size_t most) : size_(size), most_(most) {}

  Bytes take() {
    if (kept_.empty()) return Bytes(new char[size_]);  // not zeroed: a read comes first
    Bytes bytes = std::move(kept_.back());
    kept_.pop_back();
    return bytes;
  }

  void give_back(Bytes bytes) {
    if (kept_.size() < most_) kept_.push_back(std::move(bytes));
  }

 private:
  std::size_t size_;
  std::size_t most_;
  std::vector<Bytes> kept_;
};

Spare& spare_of(std::size_t size) {
  thread_local Spare idle(InputBuffer::idle, 64);
  thread_local Spare small(InputBuffer::small, 16);
  thread_local Spare large(InputBuffer::large, 4);
  return size == InputBuffer::idle ? idle : size == InputBuffer::small ? small : large;
}

}  // namespace

std::span<char> InputBuffer::room_for(std::size_t room) {
  if (room_ < room) {
    release();
    bytes_ = spare_of(room).take();
    room_ = room;
  }
  begin_ = end_ = 0;
  return {bytes_.get(), room_};
}

Task<Result<std::size_t>> InputBuffer::fill(ByteStream& from, std::size_t room) {
  const std::span<char> into = room_for(room);
  const Result<std::size_t> count = co_await from.read_some(into);
  if (count) came(*count);
  co_return count;
}

Task<Result<std::size_t>> InputBuffer::fill_more(ByteStream& from, std::size_t room) {
  const std::size_t unread = end_ - begin_;
  if (room_ < room) {
    Bytes wider = spare_of(room).take();
    std::copy_n(bytes_.get() + begin_, unread, wider.get());
    release();
    bytes_ = std::move(wider);
    room_ = room;
  } else {
    std::copy(bytes_.get() + begin_, bytes_.get() + end_, bytes_.get());
  }
  begin_ = 0;
  end_ = unread;
  if (end_ == room_) {
    const boost::system::error_code full = boost::asio::error::no_buffer_space;
    co_return full;
  }
  const std::span<char> into(bytes_.get() + end_, room_ - end_);
  const Result<std::size_t> count = co_await from.read_some(into);
  if (count) end_ += *count;
  co_return count;
}

void InputBuffer::release() {
  if (bytes_ != nullptr) spare_of(room_).give_back(std::move(bytes_));
  room_ = begin_ = end_ = 0;
}

void InputBuffer::rest() {
  if (empty() && room_ > idle) release();
}

}  // namespace dockgate::proxy
