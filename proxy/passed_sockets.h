// Sockets that a supervisor made and handed over, by the protocol of sd_listen_fds(3): they are
// there before dockgate is and stay when it goes, so that a restart turns nobody away.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/settings.h"

namespace dockgate::proxy {

class PassedSockets {
 public:
  // None.
  PassedSockets() = default;
  // Those that LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES tell of; the variables are taken away, for
  // they concern this process alone. Before threads are started.
  static PassedSockets from_environment();
  ~PassedSockets();

  PassedSockets(PassedSockets&& other) noexcept : all_(std::exchange(other.all_, {})) {}

  PassedSockets& operator=(PassedSockets&&) = delete;

  // A descriptor of the one that listens at this address, the caller's and non-blocking; nothing
  // where there is none. Again where it is asked for again: a listener may go and come back.
  std::optional<int> at(const policy::ListenAddress& address) const;

  // What is wrong with them for these settings: one that no listener is for, or that does not
  // listen. "" where all is well.
  std::string problem(const policy::Settings& settings) const;

 private:
  struct Passed {
    int descriptor;
    std::string name;  // as the supervisor has it; "": it gave none
    std::optional<policy::ListenAddress> address;
  };

  std::vector<Passed> all_;
};

}  // namespace dockgate::proxy
