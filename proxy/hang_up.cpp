#include "proxy/hang_up.h"

#include <poll.h>

#include <utility>

namespace dockgate::proxy {
namespace {

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
  events_.at_each({});
  watch_->pause.cancel();
  watch_.reset();
}

void HangUp::wait(const std::shared_ptr<Watch>& watch) {
  HangUp& owner = *watch->owner;
  if (owner.kind_ == Kind::unix_socket) {
    owner.events_.at_each([watch] { look(watch); });
  } else {
    watch->pause.expires_after(tcp_interval);
    watch->pause.async_wait([watch](const boost::system::error_code&) { look(watch); });
  }
}

void HangUp::look(const std::shared_ptr<Watch>& watch) {
  if (!watch->gone || watch->owner == nullptr || !watch->owner->socket_.is_open()) return;
  if (watch->owner->has_happened()) {
    std::exchange(watch->gone, nullptr)();
  } else if (watch->owner->kind_ == Kind::tcp) {
    wait(watch);
  }
}

}  // namespace dockgate::proxy
