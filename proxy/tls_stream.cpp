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
#include <tuple>
#include <utility>

#include "proxy/socket_calls.h"

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
      events_(socket_),
      deadlines_(deadlines),
      hang_up_(socket_, events_, HangUp::Kind::tcp) {
  BIO* const bio = BIO_new(transport());
  if (!tls_ || bio == nullptr) {
    BIO_free(bio);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, this);
  SSL_set_bio(tls_.get(), bio, bio);
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
    int written, int, int type, const void*, std::size_t, SSL*, void* self) {
  auto* const stream = static_cast<TlsStream*>(self);
  if (written != 0 || type != SSL3_RT_HANDSHAKE || !stream->is_up_) return;
  const int descriptor = stream->socket_.native_handle();
  if (++stream->handshakes_ > most_handshake_messages) ::shutdown(descriptor, SHUT_RD);
}

int TlsStream::receive(std::span<char> into, BIO* bio) {
  BIO_clear_retry_flags(bio);
  const boost::system::error_code not_tried = asio::error::would_block;
  Result<std::size_t> count(not_tried);
  if (events_.may_be_readable()) count = receive_now(socket_.native_handle(), into);
  const bool nothing = !count && count.error() == asio::error::would_block;
  events_.note_read(nothing ? std::nullopt : std::optional(count ? *count : 0), into.size());
  if (count && *count == 0) peer_ended_ = true;
  if (count) return static_cast<int>(*count);
  if (nothing) BIO_set_retry_read(bio);
  errno = count.error().value();
  return -1;
}

int TlsStream::send(std::string_view bytes, BIO* bio) {
  BIO_clear_retry_flags(bio);
  const OnePiece piece(bytes);
  const auto count = send_now(socket_.native_handle(), piece);
  if (count) return static_cast<int>(*count);
  if (count.error() == asio::error::would_block) BIO_set_retry_write(bio);
  errno = count.error().value();
  return -1;
}

// What OpenSSL reads from and writes to: the stream's own socket.
BIO_METHOD* TlsStream::transport() {
  struct Free {
    void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
  };

  static const std::unique_ptr<BIO_METHOD, Free> method = [] {
    const int type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK;
    std::unique_ptr<BIO_METHOD, Free> made(BIO_meth_new(type, "a stream's socket"));
    if (!made) throw std::bad_alloc();
    BIO_meth_set_read(made.get(), [](BIO* bio, char* into, int size) {
      const std::span<char> room(into, static_cast<std::size_t>(size));
      return static_cast<TlsStream*>(BIO_get_data(bio))->receive(room, bio);
    });
    BIO_meth_set_write(made.get(), [](BIO* bio, const char* bytes, int size) {
      const std::string_view text(bytes, static_cast<std::size_t>(size));
      return static_cast<TlsStream*>(BIO_get_data(bio))->send(text, bio);
    });
    BIO_meth_set_ctrl(made.get(), [](BIO* bio, int command, long, void*) -> long {
      if (command == BIO_CTRL_FLUSH) return 1;
      return command == BIO_CTRL_EOF && static_cast<TlsStream*>(BIO_get_data(bio))->peer_ended_;
    });
    BIO_meth_set_create(made.get(), [](BIO* bio) {
      BIO_set_init(bio, 1);
      return 1;
    });
    return made;
  }();
  return method.get();
}

// What came in while something else was waited for.
boost::system::error_code TlsStream::interruption(unsigned cancels) const {
  if (!socket_.is_open()) return asio::error::bad_descriptor;
  if (deadline() != never && Clock::now() >= deadline()) return asio::error::timed_out;
  if (cancels != cancels_) return asio::error::operation_aborted;
  return {};
}

Task<boost::system::error_code> TlsStream::wait_for(int wanted) {
  const unsigned cancels = cancels_;
  if (wanted == SSL_ERROR_WANT_READ && events_.may_be_readable())
    co_return co_await let_others_run();
  in_a_row_ = 0;
  boost::system::error_code failed;
  if (wanted == SSL_ERROR_WANT_READ) {
    co_await events_.wait();
  } else {
    std::tie(failed) = co_await socket_.async_wait(Socket::wait_write, token);
  }
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
    const auto count = receive_now(socket_.native_handle(), dropped);
    if (count && *count == 0) co_return;
    if (!count && count.error() != asio::error::would_block) co_return;
    if (count) continue;
    const auto stopped = co_await wait_for(SSL_ERROR_WANT_READ);
    if (stopped) co_return;
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
  // Asked for nothing, OpenSSL would take its buffers out and put them back.
  if (is_up_ && !has_something_to_read()) {
    const auto stopped = co_await wait_for(SSL_ERROR_WANT_READ);
    if (stopped) co_return stopped;
  }
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
bool TlsStream::has_something_to_read() const {
  return events_.may_be_readable() || SSL_has_pending(tls_.get()) != 0;
}

bool TlsStream::is_quiet() const {
  if (!socket_.is_open() || SSL_has_pending(tls_.get()) != 0) return false;
  return !events_.may_be_readable() || holds_nothing(socket_.native_handle());
}

void TlsStream::presume_silent() { events_.presume_empty(); }

void TlsStream::check_silence() { events_.look_again(); }

bool TlsStream::is_open() const { return socket_.is_open(); }

void TlsStream::cancel() {
  ++cancels_;
  events_.cancel();
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
