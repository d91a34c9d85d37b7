#include "proxy/socket_stream.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "proxy/socket_calls.h"

namespace dockgate::proxy {
namespace {

namespace asio = boost::asio;

constexpr auto token = asio::as_tuple(asio::use_awaitable);

// How often a full queue is tried again.
constexpr std::chrono::milliseconds connect_pause{5};

// As many reads as others on the thread are kept waiting for, a mebibyte at most.
constexpr unsigned most_in_a_row = 16;

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
    : socket_(std::move(socket)),
      events_(socket_),
      deadlines_(deadlines),
      hang_up_(socket_, events_, kind) {
  deadlines_.watch(*this);
}

SocketStream::~SocketStream() { deadlines_.forget(*this); }

bool SocketStream::is_late() const { return deadline() != never && Clock::now() >= deadline(); }

// Why a wait ended before there was anything.
boost::system::error_code SocketStream::interruption() const {
  if (is_late()) return asio::error::timed_out;
  return asio::error::operation_aborted;
}

Task<Result<std::size_t>> SocketStream::read_some(std::span<char> into) {
  while (socket_.is_open()) {
    if (!events_.may_be_readable()) {
      in_a_row_ = 0;
      const bool goes_on = co_await events_.wait();
      if (!goes_on) co_return interruption();
    } else if (++in_a_row_ > most_in_a_row) {
      // A peer that never pauses must not have the thread to itself.
      in_a_row_ = 0;
      co_await asio::post(socket_.get_executor(), asio::use_awaitable);
      if (!socket_.is_open()) break;
    }
    const auto count = receive_now(socket_.native_handle(), into);
    const bool nothing = !count && count.error() == asio::error::would_block;
    events_.note_read(nothing ? std::nullopt : std::optional(count ? *count : 0), into.size());
    if (nothing) continue;
    if (count && *count == 0) hang_up_.peer_ended();
    // A peer that never pauses outruns the sweep, whose cancelling finds nobody waiting.
    const boost::system::error_code late = asio::error::timed_out;
    if (count && *count != 0 && is_late()) co_return late;
    co_return count;
  }
  const boost::system::error_code closed = asio::error::bad_descriptor;
  co_return closed;
}

// A peer that keeps up takes everything at once.
Task<Result<void>> SocketStream::write_all(Pieces pieces) {
  const boost::system::error_code closed = asio::error::bad_descriptor;
  if (!socket_.is_open()) co_return closed;
  const auto count = send_now(socket_.native_handle(), pieces);
  if (!count && count.error() != asio::error::would_block) co_return count.error();
  const std::size_t written = count ? *count : 0;
  if (written == asio::buffer_size(pieces)) co_return Result<void>();
  std::vector<asio::const_buffer> rest = rest_of(pieces, written);
  while (!rest.empty()) {
    const auto [stopped, more] = co_await socket_.async_write_some(rest, token);
    if (stopped == asio::error::operation_aborted) co_return interruption();
    if (stopped) co_return stopped;
    rest = rest_of(rest, more);
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
  return !events_.may_be_readable() || holds_nothing(socket_.native_handle());
}

bool SocketStream::is_open() const { return socket_.is_open(); }

void SocketStream::presume_silent() { events_.presume_empty(); }

void SocketStream::check_silence() { events_.look_again(); }

void SocketStream::cancel() { events_.cancel(); }

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
  Socket socket(executor);
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
