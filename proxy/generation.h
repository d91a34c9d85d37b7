// What is in force from one loading of the settings to the next. Immutable but for what is counted;
// whoever serves a request by it holds it, and it is freed when the last of them has ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "policy/settings.h"
#include "proxy/client_use.h"
#include "proxy/host_paths.h"

namespace dockgate::proxy {

struct Generation {
  // Clients go on counting where those of the same names in `before` are; nullptr: there is none.
  Generation(policy::Settings read, const Generation* before);
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  // Why it cannot be put in force on this machine; "" where it can.
  std::string problem() const;

  // Whether clients may come in by that listener: one that was taken away is closed, and so is what
  // came in by it.
  bool has_listener(const std::string& name) const;

  const std::uint64_t number;  // from 1
  const policy::Settings settings;
  const std::string digest;  // of what the settings mean, comments and order of keys aside
  const std::chrono::system_clock::time_point loaded;
  const HostPaths paths;
  const ClientUses clients;
};

using InForce = std::shared_ptr<const Generation>;

}  // namespace dockgate::proxy
