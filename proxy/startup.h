// From a command line to settings, and what `dockgate check` says of a file.
#pragma once

#include "policy/problem.h"
#include "policy/result.h"
#include "policy/settings.h"
#include "proxy/command_line.h"

namespace dockgate::proxy {

// The settings that a `serve` command asks for, from its file or from its options.
Result<policy::Settings, policy::Problems> settings_for(const CommandLine& command_line);

// Prints what the file means and returns 0, or its problems and returns 2.
int check_file(const std::string& file);

// Prints problems to standard error, one a line.
void print(const policy::Problems& problems);

}  // namespace dockgate::proxy
