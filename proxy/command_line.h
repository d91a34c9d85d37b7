// Arguments -> what to do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proxy/audit/command_line.h"
#include "proxy/certs_command_line.h"

namespace dockgate::proxy {

struct CommandLine {
  enum class Command : unsigned char { serve, check, healthcheck, certs, audit };
  Command command = Command::serve;
  std::string config;  // serve, check, healthcheck: a file; "" where the other options stand for it
  std::string engine = "unix:///var/run/docker.sock";
  std::vector<std::string> listen{"unix:///run/dockgate/docker.sock"};
  std::string admin;  // "": none
  std::string mode = "0660";
  std::string group;
  std::string host_root;  // where the host's file system is seen; "": it is not
  std::string policy = "baseline";
  std::string audit = "-";
  std::string log_level;  // "": the configuration's
  unsigned threads = 0;
  CertsCommand certs;
  audit::Command audit_command;
};

struct ParsedArguments {
  std::optional<CommandLine> command_line;  // nothing: `exit_code` is all there is to do
  int exit_code = 0;
};

// Prints help, the version and mistakes itself.
ParsedArguments parse_arguments(int count, const char* const* arguments);

}  // namespace dockgate::proxy
