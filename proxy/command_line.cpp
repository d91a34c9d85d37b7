#include "proxy/command_line.h"

#include <CLI/CLI.hpp>

namespace dockgate::proxy {
namespace {

constexpr const char* about =
    "dockgate stands in front of the Docker socket. Give clients its socket instead of\n"
    "docker.sock: every request is read as the Engine reads it, judged by a policy, and forwarded\n"
    "or refused; each decision is recorded.\n\n"
    "Try it:\n"
    "  dockgate serve --listen unix:///tmp/gate.sock\n"
    "  DOCKER_HOST=unix:///tmp/gate.sock docker run --privileged alpine";

void add_serve(CLI::App& app, CommandLine& out) {
  CLI::App* const serve = app.add_subcommand("serve", "stand in front of the Engine and serve");
  CLI::Option* const config =
      serve->add_option("--config", out.config, "a configuration file, in place of the options below")
          ->type_name("FILE");
  serve->add_option("--engine", out.engine, "the Engine's socket")
      ->type_name("ADDRESS")
      ->capture_default_str()
      ->excludes(config);
  serve->add_option("--listen", out.listen, "a socket for clients; may be given more than once")
      ->type_name("ADDRESS")
      ->capture_default_str()
      ->excludes(config);
  serve
      ->add_option("--admin", out.admin, "a socket for metrics and health, which clients do not see")
      ->type_name("ADDRESS")
      ->excludes(config);
  serve->add_option("--mode", out.mode, "the mode of those sockets")
      ->type_name("OCTAL")
      ->capture_default_str()
      ->excludes(config);
  serve->add_option("--group", out.group, "the group of those sockets")
      ->type_name("NAME")
      ->excludes(config);
  serve->add_option("--host-root", out.host_root,
                    "where the host's files are seen, / on the host itself: links in mounts are "
                    "then followed and judged by where they lead")
      ->type_name("FOLDER")
      ->excludes(config);
  serve->add_option("--policy", out.policy,
                    "baseline, restricted, read-only, observe, or a file with a policy")
      ->type_name("PRESET|FILE")
      ->capture_default_str()
      ->excludes(config);
  serve->add_option("--audit", out.audit, "where decisions are recorded; - is standard output")
      ->type_name("FILE|-")
      ->capture_default_str()
      ->excludes(config);
  serve->add_option("--threads", out.threads, "event loops; 0 is one a processor")
      ->capture_default_str();
  serve
      ->add_option("--log-level",
                   out.log_level,
                   "debug, info, warn or error, whatever the configuration says")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  serve->callback([&out] { out.command = CommandLine::Command::serve; });
}

void add_check(CLI::App& app, CommandLine& out) {
  CLI::App* const check = app.add_subcommand(
      "check", "read a configuration or policy file and print what it means; exit 2 with problems");
  check->add_option("file", out.config, "the file")->type_name("FILE")->required();
  check->callback([&out] { out.command = CommandLine::Command::check; });
}

void add_healthcheck(CLI::App& app, CommandLine& out) {
  CLI::App* const health = app.add_subcommand(
      "healthcheck", "ask a running dockgate whether it serves; exit 1 where it does not");
  CLI::Option* const config =
      health->add_option("--config", out.config, "its configuration")->type_name("FILE");
  health->add_option("--admin", out.admin, "where it is asked for its health")
      ->type_name("ADDRESS")
      ->excludes(config);
  health->add_option("--listen", out.listen, "where clients ask it, in place of that")
      ->type_name("ADDRESS")
      ->capture_default_str()
      ->excludes(config);
  health->callback([&out] { out.command = CommandLine::Command::healthcheck; });
}

}  // namespace

ParsedArguments parse_arguments(int count, const char* const* arguments) {
  CommandLine out;
  CLI::App app(about, "dockgate");
  app.set_version_flag("--version", "dockgate " DOCKGATE_VERSION);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  add_serve(app, out);
  add_check(app, out);
  add_healthcheck(app, out);
  add_certs(app, out.certs, [&out] { out.command = CommandLine::Command::certs; });
  audit::add_commands(
      app, out.audit_command, [&out] { out.command = CommandLine::Command::audit; });
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return {std::nullopt, code == 0 ? 0 : 2};
  }
  return {out, 0};
}

}  // namespace dockgate::proxy
