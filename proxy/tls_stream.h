// A ByteStream over TLS, as its server. OpenSSL reads and writes through a BIO of ours, and says
// when it has to wait: Asio's own stream ends both directions at once, and a client of a tunnel
// ends one.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "certs/tls_context.h"
#include "proxy/byte_stream.h"
#include "proxy/deadlines.h"
#include "proxy/hang_up.h"
#include "proxy/socket_events.h"

namespace dockgate::proxy {

class TlsStream final : public ByteStream {
 public:
  // Keeps the context alive.
  TlsStream(Socket socket, std::shared_ptr<const certs::TlsContext> context, Deadlines& deadlines);
  ~TlsStream() override;

  // Once, before all else, until the stream's deadline: "", or why there is no connection. Whoever
  // speaks plain HTTP is told so.
  Task<std::string> handshake();

  // Of a stream whose handshake is done: never nullptr, and verified. Lives as long as the stream.
  X509* certificate() const { return SSL_get0_peer_certificate(tls_.get()); }

  // Why a newer context would not let this client in; "" where it would.
  std::string objection_of(const certs::TlsContext& newer) const;

  Task<Result<std::size_t>> read_some(std::span<char> into) override;
  using ByteStream::write_all;
  Task<Result<void>> write_all(Pieces pieces) override;
  Task<void> shut_down_write() override;
  void watch_peer(std::function<void()> gone) override;
  bool peer_is_gone() const override;
  bool is_quiet() const override;
  void presume_silent() override;
  void check_silence() override;
  bool is_open() const override;
  void cancel() override;
  void close() override;
  void break_off() override;

 private:
  struct Free {
    void operator()(SSL* tls) const { SSL_free(tls); }
  };

  // Calls `attempt` until OpenSSL has done it: its result, or the error it ended with.
  template <class Attempt>
  Task<Result<int>> until_done(Attempt& attempt);
  boost::system::error_code failure_of(int error);
  Task<boost::system::error_code> wait_for(int wanted);
  bool has_something_to_read() const;
  Task<boost::system::error_code> let_others_run();
  boost::system::error_code interruption(unsigned cancels) const;
  Task<Result<void>> write_record(std::string_view bytes);
  Task<void> tell_plain_http();
  Task<void> linger();
  int receive(std::span<char> into, BIO* bio);
  int send(std::string_view bytes, BIO* bio);
  static BIO_METHOD* transport();
  static void count_message(
      int written, int version, int type, const void*, std::size_t, SSL*, void*);

  std::shared_ptr<const certs::TlsContext> context_;
  std::unique_ptr<SSL, Free> tls_;
  mutable Socket socket_;  // asking it for its state is no change of it
  SocketEvents events_;
  Deadlines& deadlines_;
  HangUp hang_up_;
  bool is_up_ = false;  // the handshake is done, and nothing has failed since
  bool ended_ = false;  // we have said that we end
  bool is_writing_ = false;
  std::string why_;  // OpenSSL's reason for the last failure
  bool plain_http_ = false;
  bool peer_ended_ = false;  // on the socket; within TLS it says so before
  unsigned cancels_ = 0;
  unsigned in_a_row_ = 0;    // calls that OpenSSL answered without waiting
  unsigned handshakes_ = 0;  // messages of a handshake after the first
};

}  // namespace dockgate::proxy
