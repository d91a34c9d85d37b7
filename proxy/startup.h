// From a command line to settings, and what `dockgate check` says of a file.
#pragma once

#include <string>
#include <vector>

#include "policy/problem.h"
#include "policy/result.h"
#include "policy/settings.h"
#include "proxy/command_line.h"
#include "proxy/confine/confinement.h"
#include "proxy/reloader.h"

namespace dockgate::proxy {

// The settings that a `serve` command asks for, from its file or from its options.
Result<policy::Settings, policy::Problems> settings_for(const CommandLine& command_line);

// The files that those settings are read from.
std::vector<std::string> files_of(const CommandLine& command_line);

// From where settings are read again, within what the program confined itself to. Both outlive it.
Source source_of(const CommandLine& command_line, const confine::Confinement& confinement);

// Prints what the file means and returns 0, or its problems and returns 2.
int check_file(const std::string& file);

// Asks the dockgate of these settings whether it serves: 0, or 1 and why not.
int check_health(const CommandLine& command_line);

// Each policy that some client has, once, in the clients' order.
std::vector<const policy::Policy*> policies_of(const policy::Settings& settings);

// `ci sha256:…`: a policy and its digest.
std::string name_and_digest(const policy::Policy& policy);

// Prints problems to standard error, one a line.
void print(const policy::Problems& problems);

}  // namespace dockgate::proxy
