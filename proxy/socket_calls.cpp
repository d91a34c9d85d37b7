#include "proxy/socket_calls.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace dockgate::proxy {
namespace {

constexpr std::size_t most_at_once = 64;

// Calls until it is not a signal that ended it.
template <class Call>
Result<std::size_t> result_of(Call call) {
  ssize_t count = -1;
  do {
    count = call();
  } while (count < 0 && errno == EINTR);
  if (count >= 0) return static_cast<std::size_t>(count);
  return boost::system::error_code(errno, boost::system::system_category());
}

}  // namespace

Result<std::size_t> receive_now(int socket, std::span<char> into) {
  return result_of([&] { return ::recv(socket, into.data(), into.size(), MSG_DONTWAIT); });
}

bool holds_nothing(int socket) {
  char byte = 0;
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

Result<std::size_t> send_now(int socket, Pieces pieces) {
  constexpr int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
  if (pieces.size() == 1) {
    const boost::asio::const_buffer& piece = pieces.front();
    return result_of([&] { return ::send(socket, piece.data(), piece.size(), flags); });
  }
  std::array<iovec, most_at_once> vectors;
  std::size_t count = 0;
  for (const boost::asio::const_buffer& piece : pieces) {
    if (piece.size() == 0) continue;
    if (count == most_at_once) break;
    vectors[count++] = {const_cast<void*>(piece.data()), piece.size()};
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  return result_of([&] { return ::sendmsg(socket, &message, flags); });
}

}  // namespace dockgate::proxy
