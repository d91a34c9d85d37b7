#include "proxy/socket_events.h"

#include <poll.h>

#include <array>
#include <boost/asio/detail/reactor.hpp>
#include <boost/asio/detail/reactor_op.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

namespace dockgate::proxy {
namespace {

namespace asio = boost::asio;
using asio::detail::reactor;
using boost::system::error_code;
using Waiter = asio::async_result<asio::use_awaitable_t<>, void(bool)>::handler_type;
// A read and a write, which waits to read where TLS is amid a message of its handshake.
using Waiters = std::array<std::optional<Waiter>, 2>;

}  // namespace

// The operation: in the reactor's queue, or on its way from there to happened(); or at rest, once
// its socket is closed.
class SocketEvents::Standing final : public asio::detail::reactor_op {
 public:
  explicit Standing(SocketEvents& owner)
      : reactor_op(error_code(), &Standing::perform, &Standing::completed),
        owner_(&owner),
        reactor_(asio::use_service<reactor>(
            asio::query(owner.socket_.get_executor(), asio::execution::context))) {
    stand();
  }

  // The owner is about to go, and its socket.
  void leave() {
    owner_ = nullptr;
    heard_ = nullptr;
    if (!stands_) delete this;
  }

  void wait(Waiter waiter) {
    if (stands_) {
      (waiters_[0] ? waiters_[1] : waiters_[0]).emplace(std::move(waiter));
      return;
    }
    asio::post(owner_->socket_.get_executor(),
               [ended = std::move(waiter)]() mutable { std::move(ended)(false); });
  }

  void cancel() { cancelled_ = waiters_[0] || waiters_[1]; }

  std::function<void()> heard_;

 private:
  // Asio calls it when it is started, which is no event, and at events.
  static status perform(reactor_op* self) {
    return static_cast<Standing*>(self)->stands_ ? done : not_done;
  }

  void stand() {
    ec_ = {};
    Socket& socket = owner_->socket_;
    reactor_.start_op(
        reactor::read_op, socket.native_handle(), socket.reactor_data(), this, false, true);
    stands_ = true;
  }

  // Whatever it was: an event, a cancelling, which counts as one, the socket's end. `loop` is none
  // when the loop is destroyed.
  static void completed(void* loop, asio::detail::operation* base, const error_code&, std::size_t) {
    auto* const self = static_cast<Standing*>(base);
    self->stands_ = false;
    if (loop != nullptr && self->owner_ != nullptr) return self->happened();
    // Whoever waits ends with this, and may take the owner along.
    const Waiters nobody = self->take_waiters();
    if (self->owner_ == nullptr) delete self;
  }

  // Each of those that are called may be the end of this.
  void happened() {
    owner_->may_be_readable_ = true;
    const bool is_watched =
        owner_->socket_.is_open() && (!ec_ || ec_ == asio::error::operation_aborted);
    if (is_watched) stand();
    const bool goes_on = !std::exchange(cancelled_, false) && is_watched;
    Waiters waiters = take_waiters();
    const std::function<void()> heard = heard_;
    if (heard) heard();
    for (std::optional<Waiter>& waiter : waiters) {
      if (waiter) (*std::move(waiter))(goes_on);
    }
  }

  Waiters take_waiters() {
    return {std::exchange(waiters_[0], std::nullopt), std::exchange(waiters_[1], std::nullopt)};
  }

  SocketEvents* owner_;  // nullptr: gone
  reactor& reactor_;
  Waiters waiters_;
  bool cancelled_ = false;  // who waits was cancelled
  bool stands_ = false;
};

SocketEvents::SocketEvents(Socket& socket) : socket_(socket), standing_(new Standing(*this)) {}

SocketEvents::~SocketEvents() { standing_->leave(); }

void SocketEvents::note_read(std::optional<std::size_t> count, std::size_t room) {
  if (!count) may_be_readable_ = false;
  took_all_ = count && *count != 0 && *count < room;
}

void SocketEvents::presume_empty() {
  if (!took_all_ || !may_be_readable_) return;
  may_be_readable_ = false;
  presumed_ = true;
}

// Once: what comes later is an event.
void SocketEvents::look_again() {
  if (!std::exchange(presumed_, false) || may_be_readable_ || !socket_.is_open()) return;
  pollfd asked{socket_.native_handle(), POLLIN, 0};
  error_code ignored;
  if (::poll(&asked, 1, 0) == 1) socket_.cancel(ignored);
}

asio::awaitable<bool> SocketEvents::wait() {
  const auto begin = [this](Waiter waiter) { standing_->wait(std::move(waiter)); };
  return asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(begin,
                                                                         asio::use_awaitable);
}

void SocketEvents::cancel() {
  standing_->cancel();
  error_code ignored;
  socket_.cancel(ignored);
}

void SocketEvents::at_each(std::function<void()> heard) { standing_->heard_ = std::move(heard); }

}  // namespace dockgate::proxy
