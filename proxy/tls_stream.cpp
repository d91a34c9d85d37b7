#include "proxy/tls_stream.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <new>
#include <utility>

namespace dockgate::proxy {
namespace {

namespace asio = boost::asio;

constexpr auto token = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t largest_record = 16 * 1024;
// How long, and how much, is read after a handshake that failed, so that its alert arrives.
constexpr std::chrono::seconds farewell{1};
constexpr int most_farewell_reads = 256;

// As Go's servers answer it; clients print it.
constexpr std::string_view plain_http_answer =
    "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
    "\r\nClient sent an HTTP request to an HTTPS server.\n";

// As many calls as others on the thread are kept waiting for, some 256 KiB.
constexpr unsigned most_in_a_row = 16;
// Messages like a change of keys that a client may send after its handshake. Each is work of which
// no caller ever hears.
constexpr unsigned most_handshake_messages = 64;

}  // namespace

TlsStream::TlsStream(Socket socket,
                     std::shared_ptr<const certs::TlsContext> context,
                     Deadlines& deadlines)
    : context_(std::move(context)),
      tls_(SSL_new(context_->handle())),
      socket_(std::move(socket)),
      deadlines_(deadlines),
      hang_up_(socket_, HangUp::Kind::tcp) {
  boost::system::error_code ignored;
  socket_.non_blocking(true, ignored);
  if (!tls_ || SSL_set_fd(tls_.get(), socket_.native_handle()) != 1) throw std::bad_alloc();
  SSL_set_accept_state(tls_.get());
  SSL_set_mode(tls_.get(),
               SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                   SSL_MODE_RELEASE_BUFFERS);
  SSL_set_read_ahead(tls_.get(), 1);
  SSL_set_msg_callback(tls_.get(), &TlsStream::count_message);
  SSL_set_msg_callback_arg(tls_.get(), this);
  deadlines_.watch(*this);
}

TlsStream::~TlsStream() { deadlines_.forget(*this); }

// Called by OpenSSL for every message, in the midst of its own loops.
void TlsStream::count_message(
    int written, int, int type, const void*, std::size_t, SSL* tls, void* self) {
  auto* const stream = static_cast<TlsStream*>(self);
  if (written != 0 || type != SSL3_RT_HANDSHAKE || !stream->is_up_) return;
  if (++stream->handshakes_ > most_handshake_messages) ::shutdown(SSL_get_fd(tls), SHUT_RD);
}

// What came in while something else was waited for.
boost::system::error_code TlsStream::interruption(unsigned cancels) const {
  if (!socket_.is_open()) return asio::error::bad_descriptor;
  if (deadline() != never && Clock::now() >= deadline()) return asio::error::timed_out;
  if (cancels != cancels_) return asio::error::operation_aborted;
  return {};
}

Task<boost::system::error_code> TlsStream::wait_for(int wanted) {
  const auto direction = wanted == SSL_ERROR_WANT_WRITE ? Socket::wait_write : Socket::wait_read;
  const unsigned cancels = cancels_;
  in_a_row_ = 0;
  const auto [failed] = co_await socket_.async_wait(direction, token);
  const boost::system::error_code interrupted = interruption(cancels);
  co_return interrupted ? interrupted : failed;
}

// A peer that never pauses must not have the thread to itself.
Task<boost::system::error_code> TlsStream::let_others_run() {
  const unsigned cancels = cancels_;
  in_a_row_ = 0;
  co_await asio::post(socket_.get_executor(), asio::use_awaitable);
  co_return interruption(cancels);
}

// What OpenSSL gave up over, in its words; what it says of the client's certificate comes first.
boost::system::error_code TlsStream::failure_of(int error) {
  is_up_ = false;
  const boost::system::error_code system(errno, boost::system::system_category());
  const unsigned long first = ERR_peek_last_error();
  const long verified = SSL_get_verify_result(tls_.get());
  const char* const reason = ERR_reason_error_string(first);
  plain_http_ = ERR_GET_REASON(first) == SSL_R_HTTP_REQUEST;
  if (verified != X509_V_OK) {
    why_ = std::string("its certificate: ") + X509_verify_cert_error_string(verified);
  } else if (reason != nullptr) {
    why_ = reason;
  } else {
    why_ = system ? system.message() : "it left";
  }
  if (error != SSL_ERROR_SYSCALL) return asio::error::connection_reset;
  return system ? system : boost::system::error_code(asio::error::eof);
}

template <class Attempt>
Task<Result<int>> TlsStream::until_done(Attempt& attempt) {
  while (socket_.is_open()) {
    ERR_clear_error();
    errno = 0;
    const int done = attempt();
    const int error = done > 0 ? SSL_ERROR_NONE : SSL_get_error(tls_.get(), done);
    boost::system::error_code stopped;
    if (error == SSL_ERROR_NONE || error == SSL_ERROR_ZERO_RETURN) {
      if (++in_a_row_ >= most_in_a_row) stopped = co_await let_others_run();
      if (stopped) co_return stopped;
      co_return std::max(done, 0);
    }
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) co_return failure_of(error);
    stopped = co_await wait_for(error);
    if (stopped) co_return stopped;
  }
  const boost::system::error_code closed = asio::error::bad_descriptor;
  co_return closed;
}

Task<std::string> TlsStream::handshake() {
  const auto attempt = [this] { return SSL_do_handshake(tls_.get()); };
  const auto done = co_await until_done(attempt);
  if (done && *done == 1 && certificate() != nullptr) {
    is_up_ = true;
    co_return "";
  }
  if (done) co_return "it ended in the middle";
  if (done.error() == asio::error::timed_out) co_return "it took too long";
  if (why_.empty()) co_return "it was ended: " + done.error().message();
  if (plain_http_) co_await tell_plain_http();
  co_await linger();
  co_return plain_http_ ? "it speaks plain HTTP" : why_;
}

Task<void> TlsStream::tell_plain_http() {
  const auto answer = asio::buffer(plain_http_answer.data(), plain_http_answer.size());
  const auto [failed, count] = co_await socket_.async_write_some(answer, token);
  static_cast<void>(failed);
  static_cast<void>(count);
}

// A socket closed over bytes that nobody read is reset, and takes what was written last along.
Task<void> TlsStream::linger() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  set_deadline(std::min(deadline(), Clock::now() + farewell));
  std::array<char, 4096> dropped{};
  for (int reads = 0; reads < most_farewell_reads; ++reads) {
    const auto [failed, count] = co_await socket_.async_read_some(asio::buffer(dropped), token);
    if (failed || count == 0) co_return;
  }
}

std::string TlsStream::objection_of(const certs::TlsContext& newer) const {
  return newer.objection_to(certificate(), SSL_get_peer_cert_chain(tls_.get()));
}

// Zero only where the client said so within TLS: a socket that merely ends may have been cut off by
// somebody else.
Task<Result<std::size_t>> TlsStream::read_some(std::span<char> into) {
  const int most = static_cast<int>(std::min<std::size_t>(into.size(), 1U << 30U));
  const auto attempt = [&] { return SSL_read(tls_.get(), into.data(), most); };
  const auto read = co_await until_done(attempt);
  if (!read) co_return read.error();
  if (*read == 0) hang_up_.peer_ended();
  co_return static_cast<std::size_t>(*read);
}

Task<Result<void>> TlsStream::write_record(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto attempt = [&] {
      return SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
    };
    const auto written = co_await until_done(attempt);
    if (!written) co_return written.error();
    const boost::system::error_code ended = asio::error::broken_pipe;
    if (*written == 0) co_return ended;
    bytes.remove_prefix(static_cast<std::size_t>(*written));
  }
  co_return Result<void>();
}

// Pieces are gathered into whole records: a chunk's frame is no record of its own.
Task<Result<void>> TlsStream::write_all(Pieces pieces) {
  const boost::system::error_code ended = asio::error::broken_pipe;
  if (ended_ || !is_up_) co_return ended;
  is_writing_ = true;
  std::string record;
  record.reserve(std::min(largest_record, asio::buffer_size(pieces)));
  for (const asio::const_buffer& piece : pieces) {
    std::string_view left(static_cast<const char*>(piece.data()), piece.size());
    while (!left.empty()) {
      const std::string_view taken = left.substr(0, largest_record - record.size());
      record += taken;
      left.remove_prefix(taken.size());
      if (record.size() < largest_record) continue;
      const auto written = co_await write_record(record);
      if (!written) co_return written.error();
      record.clear();
    }
  }
  const auto written = co_await write_record(record);
  is_writing_ = false;
  co_return written;
}

// The alert `close_notify` in one direction, and the socket's end behind it.
Task<void> TlsStream::shut_down_write() {
  if (std::exchange(ended_, true) || !is_up_) co_return;
  const auto attempt = [this] {
    const int done = SSL_shutdown(tls_.get());
    return done == 0 ? 1 : done;  // sent, and not answered: that is all that is wanted
  };
  const auto told = co_await until_done(attempt);
  static_cast<void>(told);
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void TlsStream::watch_peer(std::function<void()> gone) { hang_up_.watch(std::move(gone)); }

bool TlsStream::peer_is_gone() const { return hang_up_.has_happened(); }

// What OpenSSL already holds counts as sent.
bool TlsStream::is_quiet() const {
  if (!socket_.is_open() || SSL_has_pending(tls_.get()) != 0) return false;
  char byte = 0;
  const ssize_t came = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return came < 0 && errno == EAGAIN;
}

bool TlsStream::is_open() const { return socket_.is_open(); }

void TlsStream::cancel() {
  ++cancels_;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void TlsStream::close() {
  if (socket_.is_open() && is_up_ && !ended_ && !is_writing_) SSL_shutdown(tls_.get());
  break_off();
}

void TlsStream::break_off() {
  ended_ = true;
  is_up_ = false;
  boost::system::error_code ignored;
  socket_.close(ignored);
}

}  // namespace dockgate::proxy
