#include "proxy/client_use.h"

#include <algorithm>

namespace dockgate::proxy {

ClientUse::ClientUse(const policy::ClientLimits& limits,
                     std::size_t most_connections,
                     const ClientUse* before)
    : most_connections_(limits.connections.value_or(most_connections)),
      most_bodies_(limits.inspected_bodies),
      counts_(before == nullptr ? std::make_shared<Counts>() : before->counts_) {
  if (limits.requests_per_second == 0) return;
  const auto burst = limits.burst != 0 ? limits.burst : limits.requests_per_second;
  interval_ = Clock::duration(std::chrono::seconds(1)) / limits.requests_per_second;
  ahead_ = interval_ * (burst - 1);
}

std::optional<Counted> ClientUse::take(const Count& count, std::size_t most) {
  Counted taken(count);
  if (taken.now() > most) return std::nullopt;
  return taken;
}

Clock::duration ClientUse::ask(Clock::time_point now) {
  if (interval_ == Clock::duration::zero()) return Clock::duration::zero();
  const Clock::rep at = now.time_since_epoch().count();
  Clock::rep due = counts_->due.load();
  while (true) {
    const Clock::rep from = std::max(due, at);
    const Clock::rep early = from - at - ahead_.count();
    if (early > 0) return Clock::duration(early);
    if (counts_->due.compare_exchange_weak(due, from + interval_.count())) {
      return Clock::duration::zero();
    }
  }
}

ClientUses::ClientUses(const policy::Settings& settings, const ClientUses* before) {
  for (const policy::Client& client : settings.clients) {
    const ClientUse* known = nullptr;
    if (before != nullptr) {
      const auto found = before->uses_.find(client.name);
      if (found != before->uses_.end()) known = found->second.get();
    }
    uses_[client.name] =
        std::make_unique<ClientUse>(client.limits, settings.limits.connections_per_client, known);
  }
}

}  // namespace dockgate::proxy
