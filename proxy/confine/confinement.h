// dockgate gives up what it does not need, before it listens to anybody: a flaw in what reads
// requests is then not all that started it could do. What it keeps is the Engine's socket, which is
// much: the policy still stands between the client and that.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "certs/result.h"
#include "policy/settings.h"
#include "proxy/confine/executables.h"
#include "proxy/confine/landlock.h"

namespace dockgate::proxy::confine {

// What is in force from the start to the end of the program.
class Confinement {
 public:
  // As `settings.confinement` says, for a process without threads. `files` are those that settings
  // are read from. A part that fails is an error, and the program must not go on. Later failures
  // cannot be: nothing of it can be taken back or changed.
  static certs::Result<Confinement> enter(const policy::Settings& settings,
                                          std::vector<std::string> files);

  // Why other settings cannot come into force within it; "" where they can.
  std::string objection_to(const policy::Settings& wanted) const;

  // Whether users and groups that were not named before can be found by their names.
  bool finds_names() const;

  // One line for people: what is in force.
  const std::string& text() const { return text_; }

  // What is to be told besides; "": nothing.
  const std::string& warning() const { return warning_; }

  Executables& executables() { return *executables_; }

 private:
  std::string open_files_only_of(const policy::Settings& settings);

  std::vector<std::string> files_;
  Ruleset ruleset_;
  int landlock_ = 0;  // its version, where it is in force
  std::unique_ptr<Executables> executables_;
  std::string text_;
  std::string warning_;
};

}  // namespace dockgate::proxy::confine
