#include "proxy/heartbeat.h"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace dockgate::proxy {

Heartbeat::Heartbeat(const std::vector<std::unique_ptr<Worker>>& workers) : workers_(workers) {
  for (std::size_t i = 0; i < workers.size(); ++i) signs_.push_back(std::make_shared<Sign>());
}

void Heartbeat::beat() {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const auto& sign = signs_[i];
    if (sign->awaited.exchange(true)) continue;
    boost::asio::post(workers_[i]->context(), [sign] {
      sign->given = Clock::now().time_since_epoch().count();
      sign->awaited = false;
    });
  }
}

bool Heartbeat::all_alive(Clock::duration limit) const {
  const Clock::rep oldest = (Clock::now() - limit).time_since_epoch().count();
  return std::all_of(
      signs_.begin(), signs_.end(), [oldest](const auto& sign) { return sign->given >= oldest; });
}

}  // namespace dockgate::proxy
