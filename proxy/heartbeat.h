// Whether every worker still runs: each is asked again and again for a sign from its event loop.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "proxy/byte_stream.h"
#include "proxy/worker.h"

namespace dockgate::proxy {

class Heartbeat {
 public:
  // The workers outlive it.
  explicit Heartbeat(const std::vector<std::unique_ptr<Worker>>& workers);

  // Asks every worker that has answered so far for another sign.
  void beat();

  // Whether none has been silent for longer.
  bool all_alive(Clock::duration limit) const;

 private:
  struct Sign {
    std::atomic<bool> awaited = false;
    std::atomic<Clock::rep> given{Clock::now().time_since_epoch().count()};
  };

  const std::vector<std::unique_ptr<Worker>>& workers_;
  std::vector<std::shared_ptr<Sign>> signs_;  // one a worker
};

}  // namespace dockgate::proxy
