// A listener while it listens: where arrivals come in. Lives on the thread that accepts.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "policy/settings.h"
#include "proxy/arrival.h"
#include "proxy/counted.h"
#include "proxy/listening_socket.h"
#include "proxy/passed_sockets.h"
#include "proxy/tls_files.h"

namespace dockgate::proxy {

// When handshakes at a door will begin to fail.
struct TlsEnds {
  using TimePoint = std::chrono::system_clock::time_point;

  TimePoint certificate;
  TimePoint client_ca;
  TimePoint crl;  // `max()`: there is none
};

// What others may know of a door, whatever thread they are on.
struct DoorState {
  std::string address;
  Count connections;
  std::optional<TlsEnds> ends;
};

class Door {
 public:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;

  // A door that listens, by a socket that was handed over for it or by one of its own; or nothing
  // and a problem.
  static std::unique_ptr<Door> open(const policy::Listen& listen,
                                    const PassedSockets& passed,
                                    boost::asio::io_context& context,
                                    std::string& problem);

  // As the settings have it; what clients' `listener` is compared with.
  const std::string& name() const { return name_; }

  // The same with the port that the kernel chose, where the settings left it to it.
  const std::string& address() const { return address_; }

  Acceptor& acceptor() { return acceptor_; }

  // nullptr: plain bytes.
  TlsFiles* tls() { return tls_ ? &*tls_ : nullptr; }

  const TlsFiles* tls() const { return tls_ ? &*tls_ : nullptr; }

  // Whether its TLS is made from these files, or it has none where there are none.
  bool has_tls(const std::optional<policy::Tls>& files) const;

  // For who arrives from now on. `files` have been read.
  void set_tls(std::optional<TlsFiles> files);

  bool is_open() const { return acceptor_.is_open(); }

  // Nobody arrives any more, and its place in the file system is free.
  void close();

  DoorState state() const;

  Arrival arrival(Socket socket, std::size_t most_connections);

 private:
  Door(const policy::Listen& listen, boost::asio::io_context& context);
  std::string listen_at(const policy::Listen& listen, const PassedSockets& passed);

  std::string name_;
  std::string address_;
  HangUp::Kind kind_;
  std::optional<TlsFiles> tls_;
  std::optional<ListeningSocket> place_;  // in the file system
  Acceptor acceptor_;
  Count count_ = new_count();
};

}  // namespace dockgate::proxy
