#include "proxy/worker.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

namespace dockgate::proxy {

struct Worker::Guest {
  Arrival arrival;
  std::unique_ptr<Session> session;
};

Worker::Worker(Shared& shared)
    : shared_(shared),
      work_(boost::asio::make_work_guard(context_)),
      deadlines_(context_),
      drain_(context_) {}

Worker::~Worker() = default;

void Worker::run() {
  deadlines_.start();
  context_.run();
}

void Worker::serve(UnixStream::Socket socket, Arrival arrival) {
  auto guest = std::make_unique<Guest>(Guest{std::move(arrival), nullptr});
  guest->session =
      std::make_unique<Session>(shared_,
                                deadlines_,
                                std::make_unique<UnixStream>(std::move(socket), deadlines_),
                                guest->arrival.peer,
                                guest->arrival.who,
                                guest->arrival.unwelcome);
  const auto place = guests_.insert(guests_.end(), std::move(guest));
  if (stopping_) (*place)->session->stop();
  // The one place where what escapes a session is met: it ends this connection and no other.
  const auto ended = [this, place](std::exception_ptr escaped) {
    if (escaped) {
      try {
        std::rethrow_exception(escaped);
      } catch (const std::exception& error) {
        spdlog::critical("a session ended by {}", error.what());
      }
    }
    leave(place);
  };
  boost::asio::co_spawn(context_, (*place)->session->run(), ended);
}

void Worker::leave(std::list<std::unique_ptr<Guest>>::iterator guest) {
  guests_.erase(guest);
  end_if_empty();
}

void Worker::end_if_empty() {
  if (!stopping_ || !guests_.empty()) return;
  deadlines_.stop();
  drain_.cancel();
  work_.reset();
}

void Worker::stop() {
  boost::asio::post(context_, [this] {
    stopping_ = true;
    drain_.expires_after(shared_.settings.limits.drain);
    drain_.async_wait([this](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      for (const auto& guest : guests_) guest->session->abort();
    });
    for (const auto& guest : guests_) guest->session->stop();
    end_if_empty();
  });
}

}  // namespace dockgate::proxy
