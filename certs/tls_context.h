// The TLS endpoint's side of a handshake: who it is, whom it lets in, and by which rules.
//
// A context is made whole from files or not at all, and never changes. A reload makes another, with
// keys of its own for its tickets: what was agreed under the older one cannot be resumed. Every
// handshake verifies the client's certificate against the CA and the revocation list of its
// context, a resumed one too.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <string>

#include "certs/result.h"

struct stack_st_X509;  // what OpenSSL calls STACK_OF(X509)

namespace dockgate::certs {

struct TlsFiles {
  std::string certificate;  // PEM: the server's, then the CAs between it and the root, if any
  std::string key;          // PEM, not encrypted
  std::string client_ca;    // PEM: who may certify clients: roots, and the CAs below them
  std::string crl;          // PEM: a list of each CA in client_ca; "": nothing is ever revoked
};

enum class TlsFloor : unsigned char { tls13, tls12 };

class TlsContext {
 public:
  using TimePoint = std::chrono::system_clock::time_point;

  // Reads every file now. A failure says which of them is unreadable, broken, expired, not for its
  // use, or of another key or CA.
  //
  // With `before`, a certificate and key that cannot be used are replaced by those of that context,
  // and `complaint` says why: what is wrong with them keeps no revocation from taking effect.
  static Result<TlsContext> load(const TlsFiles& files,
                                 TlsFloor floor,
                                 const TlsContext* before = nullptr);

  // "" where every file was taken.
  const std::string& complaint() const { return complaint_; }

  // Lives as long as a copy of this; an SSL keeps it alive too. Who hands it to something that
  // frees it (boost::asio::ssl::context does) first takes a reference with SSL_CTX_up_ref.
  SSL_CTX* handle() const { return context_.get(); }

  // Verifies a client's certificate anew, as a handshake under this context would: "" where it
  // would be let in, or why not, in OpenSSL's words. `chain` is what the client sent beside it,
  // which may be nullptr or hold the certificate itself; with SSL_get0_peer_certificate and
  // SSL_get_peer_cert_chain, an open connection is judged by a newer context.
  std::string objection_to(X509* certificate, const stack_st_X509* chain) const;

  // When handshakes will begin to fail: the earliest end of the server's certificates; of the
  // clients' CAs; of the revocation lists (`TimePoint::max()` without them).
  TimePoint certificate_ends() const { return certificate_ends_; }

  TimePoint client_ca_ends() const { return client_ca_ends_; }

  TimePoint crl_ends() const { return crl_ends_; }

 private:
  friend class TlsLoader;

  std::shared_ptr<SSL_CTX> context_;
  std::string complaint_;
  TimePoint certificate_ends_ = TimePoint::max();
  TimePoint client_ca_ends_ = TimePoint::max();
  TimePoint crl_ends_ = TimePoint::max();
};

}  // namespace dockgate::certs
