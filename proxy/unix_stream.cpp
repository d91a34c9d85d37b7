#include "proxy/unix_stream.h"

#include <poll.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/error.hpp>
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

UnixStream::UnixStream(Socket socket, Deadlines& deadlines)
    : socket_(std::move(socket)), deadlines_(deadlines) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  deadlines_.watch(*this);
}

UnixStream::~UnixStream() {
  deadlines_.forget(*this);
  if (watch_) watch_->stream = nullptr;
}

boost::system::error_code UnixStream::why(const boost::system::error_code& failed) const {
  const bool cancelled = failed == asio::error::operation_aborted;
  if (cancelled && Clock::now() >= deadline()) return asio::error::timed_out;
  return failed;
}

Task<Result<std::size_t>> UnixStream::read_some(std::span<char> into) {
  const auto buffer = asio::buffer(into.data(), into.size());
  const auto [failed, count] = co_await socket_.async_read_some(buffer, token);
  if (failed == asio::error::eof) co_return std::size_t{0};
  if (failed) co_return why(failed);
  co_return count;
}

// A peer that keeps up takes everything at once: asking the kernel first spares the event loop.
Task<Result<void>> UnixStream::write_all(Pieces pieces) {
  boost::system::error_code failed;
  std::size_t written = socket_.write_some(pieces, failed);
  if (failed && failed != asio::error::would_block) co_return failed;
  if (failed) written = 0;
  std::vector<asio::const_buffer> rest = rest_of(pieces, written);
  while (!rest.empty()) {
    const auto [stopped, count] = co_await socket_.async_write_some(rest, token);
    if (stopped) co_return why(stopped);
    rest = rest_of(rest, count);
  }
  co_return Result<void>();
}

void UnixStream::shut_down_write() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

bool UnixStream::peer_is_gone() const {
  pollfd asked{socket_.native_handle(), 0, 0};
  return !socket_.is_open() || (::poll(&asked, 1, 0) == 1 && (asked.revents & POLLHUP) != 0);
}

// Asio's wait for errors completes on a hang-up, but also when what waits is cancelled for a
// deadline; then it goes on.
void UnixStream::wait_for_hang_up(const std::shared_ptr<Watch>& watch) {
  const auto woken = [watch](const boost::system::error_code&) {
    if (!watch->gone || watch->stream == nullptr || !watch->stream->is_open()) return;
    if (watch->stream->peer_is_gone()) {
      std::exchange(watch->gone, nullptr)();
    } else {
      wait_for_hang_up(watch);
    }
  };
  watch->stream->socket_.async_wait(Socket::wait_error,
                                    asio::bind_cancellation_slot(watch->stop.slot(), woken));
}

void UnixStream::watch_peer(std::function<void()> gone) {
  if (watch_) {
    watch_->gone = nullptr;
    watch_->stop.emit(asio::cancellation_type::terminal);
    watch_.reset();
  }
  if (!gone || !is_open()) return;
  watch_ = std::make_shared<Watch>();
  watch_->gone = std::move(gone);
  watch_->stream = this;
  wait_for_hang_up(watch_);
}

bool UnixStream::is_quiet() const {
  if (!socket_.is_open()) return false;
  char byte = 0;
  const ssize_t came = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return came < 0 && errno == EAGAIN;
}

bool UnixStream::is_open() const { return socket_.is_open(); }

void UnixStream::cancel() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void UnixStream::close() {
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
  UnixStream::Socket socket(executor);
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
  std::unique_ptr<ByteStream> stream = std::make_unique<UnixStream>(std::move(socket), deadlines);
  co_return stream;
}

}  // namespace dockgate::proxy
