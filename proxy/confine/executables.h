// Which program a process runs. The kernel tells that only to whoever could trace the process,
// which is just what a confined dockgate can no longer do: a process of its own, started before,
// looks.
#pragma once

#include <sys/types.h>

#include <mutex>
#include <string>

#include "certs/result.h"
#include "proxy/confine/user.h"

namespace dockgate::proxy::confine {

class Executables {
 public:
  // Looks by itself.
  Executables() = default;
  ~Executables();
  Executables(Executables&& other) noexcept;
  Executables& operator=(Executables&&) = delete;

  // Starts the other process, before there are threads. It is `identity` too where there is one,
  // with the right to see other users' processes if the caller has that; it can do nothing but
  // answer, and ends with whoever holds this.
  static certs::Result<Executables> from_outside(const Identity* identity);

  // Waits until the other process has given up what it does not need: "", or what failed. It does
  // that while the caller does the same.
  std::string wait_until_confined();

  // Printable; "" where it cannot be told: the process has ended or is of another PID namespace.
  // From any thread. An answer that does not come within a second is the last that was asked for.
  std::string of(pid_t process);

 private:
  std::string ask(pid_t process);

  std::mutex asking_;
  int socket_ = -1;  // -1: looks by itself
  bool lost_ = false;
};

}  // namespace dockgate::proxy::confine
