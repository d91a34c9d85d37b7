// Numbers that one thread changes and any other may read: no lock, and no wait on either side.
#pragma once

#include <atomic>
#include <cstdint>

namespace dockgate::proxy {

class Counter {
 public:
  void add(std::uint64_t more = 1) {
    // No other thread writes, so that nothing is lost between the two.
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }

  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// How many there are of something now.
class Gauge {
 public:
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

  // Counts one for as long as it lives.
  class Held {
   public:
    explicit Held(Gauge& gauge) : gauge_(gauge) { gauge_.change(1); }

    ~Held() { gauge_.change(-1); }

    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

   private:
    Gauge& gauge_;
  };

 private:
  void change(std::int64_t by) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::atomic<std::int64_t> value_{0};
};

}  // namespace dockgate::proxy
