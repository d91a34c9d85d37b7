#include "proxy/volume_locks.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace dockgate::proxy {
namespace {

namespace asio = boost::asio;

constexpr auto token = asio::as_tuple(asio::use_awaitable);

}  // namespace

struct VolumeLocks::Hold::Turn {
  Turn(policy::VolumeUse with, const asio::any_io_executor& executor)
      : use(std::move(with)), wake(executor) {}

  policy::VolumeUse use;
  bool given = false;       // guarded by the locks' mutex
  asio::steady_timer wake;  // of the waiter's thread, and touched only there
};

VolumeLocks::Hold::Hold(Hold&& other) noexcept
    : locks_(std::exchange(other.locks_, nullptr)), turn_(std::move(other.turn_)) {}

VolumeLocks::Hold& VolumeLocks::Hold::operator=(Hold&& other) noexcept {
  release();
  locks_ = std::exchange(other.locks_, nullptr);
  turn_ = std::move(other.turn_);
  return *this;
}

void VolumeLocks::Hold::release() {
  if (locks_ == nullptr) return;
  std::exchange(locks_, nullptr)->end(std::exchange(turn_, nullptr));
}

bool VolumeLocks::Hold::covers(const policy::VolumeUse& use) const {
  if (use.empty()) return true;
  if (turn_ == nullptr) return false;
  const auto& held = turn_->use.names;
  return turn_->use.all ||
         (!use.all && std::includes(held.begin(), held.end(), use.names.begin(), use.names.end()));
}

Task<Result<VolumeLocks::Hold>> VolumeLocks::take(policy::VolumeUse use, Clock::duration limit) {
  Hold hold;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto turn = std::make_shared<Hold::Turn>(std::move(use), executor);
  turn->wake.expires_after(limit);
  bool given = false;
  {
    const std::lock_guard guard(mutex_);
    turns_.push_back(turn);
    give_turns();
    given = turn->given;
  }
  hold.locks_ = this;
  hold.turn_ = turn;
  while (!given) {
    const auto [woken] = co_await turn->wake.async_wait(token);
    const std::lock_guard guard(mutex_);
    given = turn->given;
    if (!given && !woken) co_return asio::error::timed_out;
  }
  co_return hold;
}

// To each that waits for nobody before it. One that waits for all volumes holds up nobody: it would
// stop every client for as long as one of them takes. Called with the mutex held.
void VolumeLocks::give_turns() {
  for (auto turn = turns_.begin(); turn != turns_.end(); ++turn) {
    if ((*turn)->given) continue;
    bool is_earlier = true;
    const bool blocked = std::any_of(turns_.begin(), turns_.end(), [&](const auto& other) {
      if (other == *turn) is_earlier = false;
      const bool counts = other != *turn && (other->given || (is_earlier && !other->use.all));
      return counts && policy::in_the_way(other->use, (*turn)->use);
    });
    if (blocked) continue;
    (*turn)->given = true;
    asio::post((*turn)->wake.get_executor(), [waiter = *turn] { waiter->wake.cancel(); });
  }
}

void VolumeLocks::end(const std::shared_ptr<Hold::Turn>& turn) {
  const std::lock_guard guard(mutex_);
  turns_.remove(turn);
  give_turns();
}

}  // namespace dockgate::proxy
