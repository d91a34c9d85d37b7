// How many bytes of bodies and of look-ups are held to be judged: by one request, by its client, by
// all. What is refused for want of room costs nothing and holds nobody up.
#pragma once

#include <cstddef>
#include <utility>

#include "proxy/counted.h"

namespace dockgate::proxy {

class Held {
 public:
  Held(Count by_all, Count by_client)
      : by_all_(std::move(by_all)), by_client_(std::move(by_client)) {}

  ~Held() { give_back(bytes_); }

  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  // Whether so many more may be held. All together hold at most `most`, and no client more than it
  // leaves free: however greedy one is, others find room.
  bool grow(std::size_t bytes, std::size_t most) {
    const std::size_t all = by_all_->fetch_add(bytes) + bytes;
    const std::size_t own = by_client_->fetch_add(bytes) + bytes;
    bytes_ += bytes;
    if (all <= most && own <= most - all) return true;
    give_back(bytes);
    bytes_ -= bytes;
    return false;
  }

 private:
  void give_back(std::size_t bytes) {
    *by_all_ -= bytes;
    *by_client_ -= bytes;
  }

  Count by_all_;
  Count by_client_;
  std::size_t bytes_ = 0;
};

}  // namespace dockgate::proxy
