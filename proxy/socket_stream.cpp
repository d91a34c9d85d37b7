#include "proxy/socket_stream.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

namespace dockgate::proxy {
namespace {

namespace asio = boost::asio;

constexpr auto token = asio::as_tuple(asio::use_awaitable);

// How often a full queue is tried again.
constexpr std::chrono::milliseconds connect_pause{5};

boost::system::error_code last_error() { return {errno, boost::system::system_category()}; }

// What is left of `pieces` after `written` bytes of them went out.
std::vector<asio::const_buffer> rest_of(Pieces pieces, std::size_t written) {
  std::vector<asio::const_buffer> rest;
  for (const asio::const_buffer& piece : pieces) {
    const std::size_t gone = std::min(written, piece.size());
    written -= gone;
    if (gone < piece.size()) rest.push_back(piece + gone);
  }
  return rest;
}

}  // namespace

SocketStream::SocketStream(Socket socket, HangUp::Kind kind, Deadlines& deadlines)
    : socket_(std::move(socket)), deadlines_(deadlines), hang_up_(socket_, kind) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  deadlines_.watch(*this);
}

SocketStream::~SocketStream() { deadlines_.forget(*this); }

boost::system::error_code SocketStream::why(const boost::system::error_code& failed) const {
  const bool cancelled = failed == asio::error::operation_aborted;
  if (cancelled && Clock::now() >= deadline()) return asio::error::timed_out;
  return failed;
}

Task<Result<std::size_t>> SocketStream::read_some(std::span<char> into) {
  const auto buffer = asio::buffer(into.data(), into.size());
  const auto [failed, count] = co_await socket_.async_read_some(buffer, token);
  if (failed == asio::error::eof) {
    hang_up_.peer_ended();
    co_return std::size_t{0};
  }
  if (failed) co_return why(failed);
  // A peer that never pauses outruns the sweep, whose cancelling finds nobody waiting.
  const boost::system::error_code late = asio::error::timed_out;
  if (deadline() != never && Clock::now() >= deadline()) co_return late;
  co_return count;
}

// A peer that keeps up takes everything at once: asking the kernel first spares the event loop.
Task<Result<void>> SocketStream::write_all(Pieces pieces) {
  boost::system::error_code failed;
  std::size_t written = socket_.write_some(pieces, failed);
  if (failed && failed != asio::error::would_block) co_return failed;
  if (failed) written = 0;
  if (written == asio::buffer_size(pieces)) co_return Result<void>();
  std::vector<asio::const_buffer> rest = rest_of(pieces, written);
  while (!rest.empty()) {
    const auto [stopped, count] = co_await socket_.async_write_some(rest, token);
    if (stopped) co_return why(stopped);
    rest = rest_of(rest, count);
  }
  co_return Result<void>();
}

Task<void> SocketStream::shut_down_write() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  co_return;
}

bool SocketStream::peer_is_gone() const { return hang_up_.has_happened(); }

void SocketStream::watch_peer(std::function<void()> gone) { hang_up_.watch(std::move(gone)); }

bool SocketStream::is_quiet() const {
  if (!socket_.is_open()) return false;
  char byte = 0;
  const ssize_t came = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return came < 0 && errno == EAGAIN;
}

bool SocketStream::is_open() const { return socket_.is_open(); }

void SocketStream::cancel() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void SocketStream::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

// Asio would take a full queue (EAGAIN) for a connection under way, and then for one that stands.
Task<Result<std::unique_ptr<ByteStream>>> connect_unix(std::string path,
                                                       Clock::duration limit,
                                                       Deadlines& deadlines) {
  const auto executor = co_await asio::this_coro::executor;
  const Clock::time_point give_up = Clock::now() + limit;
  boost::system::error_code failed;
  SocketStream::Socket socket(executor);
  socket.open(asio::local::stream_protocol(), failed);
  if (!failed) socket.non_blocking(true, failed);
  if (failed) co_return failed;
  if (path.size() >= sizeof(sockaddr_un::sun_path)) co_return asio::error::name_too_long;
  const asio::local::stream_protocol::endpoint peer(path);
  const int size = static_cast<int>(peer.size());
  while (::connect(socket.native_handle(), peer.data(), static_cast<socklen_t>(size)) != 0) {
    if (errno != EAGAIN) co_return last_error();
    if (Clock::now() >= give_up) co_return asio::error::timed_out;
    asio::steady_timer pause(executor, connect_pause);
    co_await pause.async_wait(token);
  }
  std::unique_ptr<ByteStream> stream =
      std::make_unique<SocketStream>(std::move(socket), HangUp::Kind::unix_socket, deadlines);
  co_return stream;
}

}  // namespace dockgate::proxy
