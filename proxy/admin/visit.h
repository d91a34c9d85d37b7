// One connection of the admin listener: one question, its answer, the end.
#pragma once

#include <memory>

#include "proxy/admin/pages.h"
#include "proxy/arrival.h"
#include "proxy/byte_stream.h"
#include "proxy/deadlines.h"
#include "proxy/http/head.h"
#include "proxy/input_buffer.h"

namespace dockgate::proxy {

class TlsStream;

class Visit {
 public:
  // `pages` and `deadlines` outlive it.
  Visit(Arrival arrival, const Pages& pages, Deadlines& deadlines);
  ~Visit();
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  // Until the connection has ended. Once.
  Task<void> run();

  // Ends now.
  void abort();

 private:
  Task<bool> shake_hands();
  Task<bool> read_head();
  Task<Page> answer();
  Task<void> write(Page page);

  const Pages& pages_;
  std::shared_ptr<const certs::TlsContext> context_;  // nullptr: plain bytes
  Counted counted_;
  bool too_many_;
  std::unique_ptr<ByteStream> stream_;
  TlsStream* tls_ = nullptr;  // the same; nullptr where it is none
  InputBuffer input_;
  http::HeadText head_;
  bool wants_body_ = true;  // HEAD does not
  Engine engine_;
};

}  // namespace dockgate::proxy
