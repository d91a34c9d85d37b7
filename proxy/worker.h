// One thread of the server: an event loop of its own, and the guests that live and die on it.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <list>
#include <memory>
#include <string>

#include "proxy/arrival.h"
#include "proxy/guest.h"
#include "proxy/loop.h"

namespace dockgate::proxy {

class Worker {
 public:
  // `shared` outlives it.
  Worker(Shared& shared, InForce generation);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  boost::asio::io_context& context() { return context_; }

  // Until stopped and empty. Blocks.
  void run();

  // Serves a socket of this worker's context. From any thread.
  void serve(Arrival arrival);

  // From any thread: requests that begin from now on are judged by `newer`.
  void put_in_force(InForce newer);

  // On this worker's thread.
  const InForce& in_force() const { return loop_.in_force; }

  // From any thread.
  const Tally& tally() const { return loop_.tally; }

  // From any thread: `listener` lets in by `newer` from now on, and connections that it would not
  // let in end.
  void check_again(const std::string& listener, std::shared_ptr<const certs::TlsContext> newer);

  // From any thread: no more requests begin; those under way have the settings' drain time.
  void stop();

 private:
  using Guests = std::list<std::unique_ptr<Guest>>;

  void welcome(std::unique_ptr<Guest> guest);
  Task<void> host(Guests::iterator guest);
  void leave(Guests::iterator guest);
  void end_if_empty();

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  Loop loop_;
  boost::asio::steady_timer drain_;
  Guests guests_;
  bool stopping_ = false;
};

}  // namespace dockgate::proxy
