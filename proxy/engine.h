// One connection to the Engine. It belongs to one client connection and is never shared, so that
// nothing of one client can reach another.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "policy/lookups.h"
#include "policy/settings.h"
#include "proxy/byte_stream.h"
#include "proxy/deadlines.h"
#include "proxy/http/head.h"
#include "proxy/input_buffer.h"

namespace dockgate::proxy {

class Engine {
 public:
  // `deadlines` outlives it.
  explicit Engine(Deadlines& deadlines) : deadlines_(deadlines) {}

  // Sends a request, or all of it that goes out before its answer begins: on the connection of the
  // last exchange where that still stands, is silent and goes to where the settings have the
  // Engine, else on a new one. The answer has to begin within `answer_time`; that is the stream's
  // deadline. What fails is the Engine's fault: 502, or 504 where its time was up.
  Task<Result<void, http::Malformed>> send(const policy::Settings& settings,
                                           std::string_view request,
                                           Clock::duration answer_time);

  // The head of the next answer that is not interim. What fails here is the Engine's fault: 502, or
  // 504 where its time was up.
  // The head views into this object and is valid until the next call.
  Task<Result<http::ResponseHead, http::Malformed>> read_head();

  // Only while the connection is open.
  ByteStream& stream() { return *stream_; }

  InputBuffer& input() { return input_; }

  bool is_open() const { return stream_ != nullptr && stream_->is_open(); }

  // The exchange ended where it should: the connection serves the next one.
  void rest();

  // May be called while somebody waits for the stream, who then gets an error; hence the stream
  // itself lives until the next `send`.
  void close();

 private:
  bool is_ready(const policy::Settings& settings) const;
  Task<Result<void>> connect(const policy::Settings& settings);

  Deadlines& deadlines_;
  std::string path_;  // what the stream was connected to
  std::unique_ptr<ByteStream> stream_;
  InputBuffer input_;
  http::HeadText head_{64 * 1024};
};

// Asks the Engine one thing. Whatever goes wrong is an answer of kind `failed`.
Task<policy::Answer> ask(Engine& engine,
                         const policy::Settings& settings,
                         policy::Lookup lookup,
                         std::size_t limit);

// Whether the Engine is there and answers: "", or what is wrong. Takes a few seconds at most.
Task<std::string> ping(Engine& engine, const policy::Settings& settings);

}  // namespace dockgate::proxy
