// dockgate: start-up, as a table of contents.
#include <spdlog/spdlog.h>

#include <csignal>
#include <memory>
#include <utility>

#include "proxy/audit/commands.h"
#include "proxy/audit/recorder.h"
#include "proxy/certs_commands.h"
#include "proxy/command_line.h"
#include "proxy/confine/confinement.h"
#include "proxy/memory.h"
#include "proxy/program_log.h"
#include "proxy/server.h"
#include "proxy/startup.h"
#include "proxy/startup_memory.h"

namespace {

using namespace dockgate;

int serve(const proxy::CommandLine& command_line) {
  proxy::open_log();
  auto settings = proxy::settings_for(command_line);
  if (!settings) {
    proxy::print(settings.error());
    return 2;
  }
  proxy::set_log(settings->log);
  proxy::wait_for_memory();
  // What cannot be written is an error, and no end.
  for (const int signal : {SIGPIPE, SIGXFSZ}) std::signal(signal, SIG_IGN);
  auto confinement = proxy::confine::Confinement::enter(*settings, proxy::files_of(command_line));
  if (!confinement) {
    spdlog::error("{}", confinement.error().text);
    return 1;
  }
  spdlog::info("confined: {}", confinement->text());
  if (!confinement->warning().empty()) spdlog::warn("{}", confinement->warning());
  const auto recorder = proxy::audit::Recorder::open(settings->audit);
  if (!recorder) {
    spdlog::error("{}", recorder.error().text);
    return 1;
  }
  const auto first = std::make_shared<const proxy::Generation>(std::move(*settings), nullptr);
  if (const std::string problem = first->problem(); !problem.empty()) {
    spdlog::error("{}", problem);
    return 1;
  }
  proxy::Shared shared{**recorder, confinement->executables()};
  proxy::Server server(shared, first, proxy::source_of(command_line, *confinement));
  if (const std::string problem = server.listen(); !problem.empty()) {
    spdlog::error("{}", problem);
    return 1;
  }
  for (const auto* const policy : proxy::policies_of(first->settings)) {
    spdlog::info("policy {}", proxy::name_and_digest(*policy));
  }
  proxy::give_startup_memory_back();
  server.run();
  spdlog::info("stopped");
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  const proxy::ParsedArguments parsed = proxy::parse_arguments(count, arguments);
  if (!parsed.command_line) return parsed.exit_code;
  switch (parsed.command_line->command) {
    case proxy::CommandLine::Command::serve:
      return serve(*parsed.command_line);
    case proxy::CommandLine::Command::check:
      return proxy::check_file(parsed.command_line->config);
    case proxy::CommandLine::Command::healthcheck:
      return proxy::check_health(*parsed.command_line);
    case proxy::CommandLine::Command::certs:
      return proxy::run_certs(parsed.command_line->certs);
    case proxy::CommandLine::Command::audit:
      return proxy::audit::run(parsed.command_line->audit_command);
  }
  return 2;
}
