// What one client has under way, against its limits. Safe from every thread; nobody ever waits
// here, so that a client at its limit holds nobody else up. The limits are of one generation of the
// settings; what is counted goes on in the next one.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "policy/settings.h"
#include "proxy/byte_stream.h"
#include "proxy/counted.h"

namespace dockgate::proxy {

class ClientUse {
 public:
  // `before` is the same client's of the generation before; nullptr: it begins with nothing.
  ClientUse(const policy::ClientLimits& limits,
            std::size_t most_connections,
            const ClientUse* before = nullptr);

  // Whether both count for the same client.
  bool is(const ClientUse& other) const { return counts_ == other.counts_; }

  // Counts a connection; nothing where there would be too many.
  std::optional<Counted> connect() { return take(counts_->connections, most_connections_); }

  // Counts a body that is held to be read; nothing where there would be too many.
  std::optional<Counted> inspect() { return take(counts_->bodies, most_bodies_); }

  std::size_t connections() const { return *counts_->connections; }

  // The bytes that it holds to be judged.
  const Count& held() const { return counts_->held; }

  // Asks for a request now: zero where it may be, or how long until one may. At most `burst` at
  // once, and `requests_per_second` in the long run.
  Clock::duration ask(Clock::time_point now);

 private:
  struct Counts {
    Count connections = new_count();
    Count bodies = new_count();
    Count held = new_count();
    // When, by the long run's pace, the next request would be due: the generic cell rate algorithm.
    std::atomic<Clock::rep> due{0};
  };

  static std::optional<Counted> take(const Count& count, std::size_t most);

  std::size_t most_connections_;
  std::size_t most_bodies_;
  Clock::duration interval_{0};  // between requests in the long run; 0: no limit
  Clock::duration ahead_{0};     // how far a burst may run ahead of that
  std::shared_ptr<Counts> counts_;
};

// That of every client of the settings.
class ClientUses {
 public:
  // `settings` outlives it. `before` is that of the generation before, whose clients are found
  // again by their names; nullptr: there is none.
  explicit ClientUses(const policy::Settings& settings, const ClientUses* before = nullptr);

  // `client` is one of the settings'.
  ClientUse& of(const policy::Client& client) const { return *uses_.at(client.name); }

 private:
  std::unordered_map<std::string, std::unique_ptr<ClientUse>> uses_;
};

}  // namespace dockgate::proxy
