// Brings other settings into force while the program runs: all of them at once, or none.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "policy/problem.h"
#include "policy/result.h"
#include "policy/settings.h"
#include "proxy/file_watch.h"
#include "proxy/generation.h"

namespace dockgate::proxy {

// Where settings come from.
struct Source {
  std::function<Result<policy::Settings, policy::Problems>()> load;
  std::vector<std::string> files;  // what `load` reads
  // Why the process cannot take settings over that could be loaded; "" where it can.
  std::function<std::string(const policy::Settings&)> objection;
};

class Reloader {
 public:
  // Puts a generation in force everywhere: "", or why it could not be.
  using Install = std::function<std::string(const InForce&)>;

  Reloader(Source source, InForce first, Install install);

  // For a call each second: whether the files have changed since they were read.
  bool is_due() { return watch_.has_changed(); }

  // Reads them now. What is wrong is logged, and what was in force stays.
  void reload();

  const InForce& in_force() const { return in_force_; }

  // How often settings were taken over, and how often they could not be.
  struct Reloads {
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
    bool last_failed = false;
  };

  const Reloads& reloads() const { return reloads_; }

 private:
  std::string take_over();

  Source source_;
  FileWatch watch_;
  InForce in_force_;
  Reloads reloads_;
  Install install_;
};

// What differs between the two and cannot change while the program runs, by the names of the
// settings: such settings are not taken over.
std::vector<std::string> what_needs_a_restart(const policy::Settings& now,
                                              const policy::Settings& wanted);

}  // namespace dockgate::proxy
