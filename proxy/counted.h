// How many there are of something, counted from every thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace dockgate::proxy {

using Count = std::shared_ptr<std::atomic<std::size_t>>;

inline Count new_count() { return std::make_shared<std::atomic<std::size_t>>(0); }

// Counts one for as long as it lives.
class Counted {
 public:
  explicit Counted(Count count) : count_(std::move(count)) { now_ = ++*count_; }

  ~Counted() {
    if (count_ != nullptr) --*count_;
  }

  Counted(Counted&& other) noexcept : count_(std::move(other.count_)), now_(other.now_) {}

  Counted& operator=(Counted&& other) noexcept {
    std::swap(count_, other.count_);
    std::swap(now_, other.now_);
    return *this;
  }

  // How many there were when this one came, itself included.
  std::size_t now() const { return now_; }

 private:
  Count count_;
  std::size_t now_ = 0;
};

}  // namespace dockgate::proxy
