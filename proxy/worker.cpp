#include "proxy/worker.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <new>
#include <utility>

namespace dockgate::proxy {

Worker::Worker(Shared& shared, InForce generation)
    : work_(boost::asio::make_work_guard(context_)),
      loop_{.shared = shared, .deadlines = Deadlines(context_), .in_force = std::move(generation)},
      drain_(context_) {}

Worker::~Worker() = default;

// Out of memory a handler is lost, and with it the session that waited for it; the others go on.
void Worker::run() {
  while (true) {
    try {
      loop_.deadlines.start();
      context_.run();
      return;
    } catch (const std::bad_alloc&) {
      spdlog::critical("out of memory");
    }
  }
}

void Worker::serve(Arrival arrival) {
  auto carried = std::make_shared<Arrival>(std::move(arrival));
  boost::asio::post(
      context_, [this, carried] { welcome(std::make_unique<Guest>(loop_, std::move(*carried))); });
}

void Worker::welcome(std::unique_ptr<Guest> guest) {
  const auto place = guests_.insert(guests_.end(), std::move(guest));
  if (stopping_) (*place)->stop();
  // The one place where what escapes a session is met: it ends this connection and no other.
  const auto ended = [](std::exception_ptr escaped) {
    if (!escaped) return;
    try {
      std::rethrow_exception(escaped);
    } catch (const std::exception& error) {
      spdlog::critical("a session ended by {}", error.what());
    }
  };
  boost::asio::co_spawn(context_, host(place), ended);
}

// The guest leaves with this, however it ends: unwound for want of memory, too.
Task<void> Worker::host(Guests::iterator guest) {
  struct Leaving {
    Worker& worker;
    Guests::iterator guest;

    ~Leaving() { worker.leave(guest); }
  };

  const Leaving leaving{*this, guest};
  co_await (*guest)->run();
}

void Worker::leave(Guests::iterator guest) {
  guests_.erase(guest);
  end_if_empty();
}

void Worker::end_if_empty() {
  if (!stopping_ || !guests_.empty()) return;
  loop_.deadlines.stop();
  drain_.cancel();
  work_.reset();
}

void Worker::put_in_force(InForce newer) {
  boost::asio::post(context_, [this, newer = std::move(newer)] {
    loop_.in_force = newer;
    for (const auto& guest : guests_) guest->take_over();
  });
}

void Worker::check_again(const std::string& listener,
                         std::shared_ptr<const certs::TlsContext> newer) {
  boost::asio::post(context_, [this, listener, newer = std::move(newer)] {
    for (const auto& guest : guests_) guest->check_again(listener, newer);
  });
}

void Worker::stop() {
  boost::asio::post(context_, [this] {
    stopping_ = true;
    drain_.expires_after(loop_.in_force->settings.limits.drain);
    drain_.async_wait([this](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      for (const auto& guest : guests_) guest->abort();
    });
    for (const auto& guest : guests_) guest->stop();
    end_if_empty();
  });
}

}  // namespace dockgate::proxy
