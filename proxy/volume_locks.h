// Volumes have only names: what was looked up by a name must still be what is used by it. Requests
// that make, remove or use a volume therefore take turns by its name, across all threads, from
// before they look until the Engine has answered.
//
// The Engine's own restarts of containers, and clients that go round dockgate, take no turns.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <mutex>

#include "policy/volume_use.h"
#include "proxy/byte_stream.h"

namespace dockgate::proxy {

class VolumeLocks {
 public:
  VolumeLocks() = default;
  VolumeLocks(const VolumeLocks&) = delete;
  VolumeLocks& operator=(const VolumeLocks&) = delete;

  // A turn, for as long as it lives; the locks outlive it.
  class Hold {
   public:
    Hold() = default;

    ~Hold() { release(); }

    Hold(Hold&& other) noexcept;
    Hold& operator=(Hold&& other) noexcept;

    void release();
    bool covers(const policy::VolumeUse& use) const;

   private:
    friend class VolumeLocks;
    struct Turn;

    VolumeLocks* locks_ = nullptr;
    std::shared_ptr<Turn> turn_;
  };

  // Waits until no other turn is in the way: of two that overlap, one must be exclusive. First
  // come, first served, but for those that wait for all volumes: they hold up nobody, and wait for
  // a moment when nobody has a turn. An error where it took longer than `limit`.
  Task<Result<Hold>> take(policy::VolumeUse use, Clock::duration limit);

 private:
  void give_turns();
  void end(const std::shared_ptr<Hold::Turn>& turn);

  std::mutex mutex_;
  std::list<std::shared_ptr<Hold::Turn>> turns_;  // in the order they came
};

}  // namespace dockgate::proxy
