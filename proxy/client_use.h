// What one client has under way, against its limits. Safe from every thread; nobody ever waits
// here, so that a client at its limit holds nobody else up.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include "policy/settings.h"
#include "proxy/byte_stream.h"
#include "proxy/counted.h"

namespace dockgate::proxy {

class ClientUse {
 public:
  ClientUse(const policy::ClientLimits& limits, std::size_t most_connections);

  // Counts a connection; nothing where there would be too many.
  std::optional<Counted> connect() { return take(connections_, most_connections_); }

  // Counts a body that is held to be read; nothing where there would be too many.
  std::optional<Counted> inspect() { return take(bodies_, most_bodies_); }

  // Asks for a request now: zero where it may be, or how long until one may. At most `burst` at
  // once, and `requests_per_second` in the long run.
  Clock::duration ask(Clock::time_point now);

 private:
  static std::optional<Counted> take(const Count& count, std::size_t most);

  std::size_t most_connections_;
  std::size_t most_bodies_;
  Clock::duration interval_{0};  // between requests in the long run; 0: no limit
  Clock::duration ahead_{0};     // how far a burst may run ahead of that
  Count connections_ = new_count();
  Count bodies_ = new_count();
  // When, by the long run's pace, the next request would be due: the generic cell rate algorithm.
  std::atomic<Clock::rep> due_{0};
};

// That of every client of the settings.
class ClientUses {
 public:
  // `settings` outlives it.
  explicit ClientUses(const policy::Settings& settings);

  // `client` is one of the settings'.
  ClientUse& of(const policy::Client& client) { return *uses_.at(&client); }

 private:
  std::unordered_map<const policy::Client*, std::unique_ptr<ClientUse>> uses_;
};

}  // namespace dockgate::proxy
