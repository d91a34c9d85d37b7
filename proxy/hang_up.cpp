#include "proxy/hang_up.h"

#include <poll.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <utility>

namespace dockgate::proxy {
namespace {

namespace asio = boost::asio;

// How often a TCP socket is looked at: its end of sending wakes nobody who does not read.
constexpr std::chrono::seconds tcp_interval{1};

}  // namespace

HangUp::~HangUp() { end_watch(); }

bool HangUp::has_happened() const {
  if (!socket_.is_open()) return true;
  const bool end_is_leaving = kind_ == Kind::tcp && !peer_ended_;
  const auto events = static_cast<short>(end_is_leaving ? POLLRDHUP : 0);
  pollfd asked{socket_.native_handle(), events, 0};
  return ::poll(&asked, 1, 0) == 1 && (asked.revents & (POLLHUP | events)) != 0;
}

void HangUp::watch(std::function<void()> gone) {
  end_watch();
  if (!gone || !socket_.is_open()) return;
  watch_ = std::make_shared<Watch>(*this);
  watch_->gone = std::move(gone);
  wait(watch_);
}

void HangUp::end_watch() {
  if (!watch_) return;
  watch_->owner = nullptr;
  watch_->gone = nullptr;
  watch_->stop.emit(asio::cancellation_type::terminal);
  watch_->pause.cancel();
  watch_.reset();
}

// Asio's wait for errors completes on a hang-up, but also when what waits is cancelled for a
// deadline; then it goes on.
void HangUp::wait(const std::shared_ptr<Watch>& watch) {
  const auto woken = [watch](const boost::system::error_code&) { look(watch); };
  HangUp& owner = *watch->owner;
  if (owner.kind_ == Kind::unix_socket) {
    owner.socket_.async_wait(Socket::wait_error,
                             asio::bind_cancellation_slot(watch->stop.slot(), woken));
  } else {
    watch->pause.expires_after(tcp_interval);
    watch->pause.async_wait(woken);
  }
}

void HangUp::look(const std::shared_ptr<Watch>& watch) {
  if (!watch->gone || watch->owner == nullptr || !watch->owner->socket_.is_open()) return;
  if (watch->owner->has_happened()) {
    std::exchange(watch->gone, nullptr)();
  } else {
    wait(watch);
  }
}

}  // namespace dockgate::proxy
