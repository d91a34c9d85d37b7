// One thread of the server: an event loop of its own, and the sessions that live and die on it.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <list>
#include <memory>
#include <optional>

#include "policy/settings.h"
#include "proxy/deadlines.h"
#include "proxy/session.h"
#include "proxy/shared.h"
#include "proxy/unix_stream.h"

namespace dockgate::proxy {

// Counts a connection for as long as it lives.
class Counted {
 public:
  explicit Counted(std::shared_ptr<std::atomic<std::size_t>> count) : count_(std::move(count)) {
    now_ = ++*count_;
  }

  ~Counted() {
    if (count_ != nullptr) --*count_;
  }

  Counted(Counted&& other) noexcept : count_(std::move(other.count_)), now_(other.now_) {}

  Counted& operator=(Counted&&) = delete;

  // How many there were when this one came, itself included.
  std::size_t now() const { return now_; }

 private:
  std::shared_ptr<std::atomic<std::size_t>> count_;
  std::size_t now_ = 0;
};

// A connection that was accepted, with what is known of its peer.
struct Arrival {
  policy::Peer peer;
  const policy::Client* who = nullptr;
  std::optional<Unwelcome> unwelcome;
  Counted of_listener;
  std::optional<Counted> of_client;
};

class Worker {
 public:
  // `shared` outlives it.
  explicit Worker(Shared& shared);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  boost::asio::io_context& context() { return context_; }

  // Until stopped and empty. Blocks.
  void run();

  // Serves a socket of this worker's context. On its thread.
  void serve(UnixStream::Socket socket, Arrival arrival);

  // From any thread: no more requests begin; those under way have the settings' drain time.
  void stop();

 private:
  struct Guest;

  void leave(std::list<std::unique_ptr<Guest>>::iterator guest);
  void end_if_empty();

  Shared& shared_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  Deadlines deadlines_;
  boost::asio::steady_timer drain_;
  std::list<std::unique_ptr<Guest>> guests_;
  bool stopping_ = false;
};

}  // namespace dockgate::proxy
