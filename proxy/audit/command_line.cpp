#include "proxy/audit/command_line.h"

#include <CLI/CLI.hpp>
#include <utility>

namespace dockgate::proxy::audit {
namespace {

constexpr const char* about_verify =
    "Files may be given in any order, compressed ones too. Each finding names file and line.\n"
    "Exit status: 0 where the chain holds, 1 where it does not, 2 where a file cannot be read.\n\n"
    "What a chain cannot show by itself: that records are missing at its end, and that somebody\n"
    "wrote all of it anew. A signing key shows the second, up to the last signature; what another\n"
    "sink holds shows both.";

CLI::App* add_action(
    CLI::App& audit, const char* name, const char* what, Command::Action action, Command& out) {
  CLI::App* const command = audit.add_subcommand(name, what);
  command->callback([&out, action] { out.action = action; });
  return command;
}

void add_verify(CLI::App& audit, Command& out) {
  CLI::App* const verify = add_action(audit,
                                      "verify",
                                      "prove that no record was changed, dropped or moved",
                                      Command::Action::verify,
                                      out);
  verify->add_option("files", out.files, "all files of the trail")->type_name("FILE")->required();
  verify
      ->add_option(
          "--public-key", out.public_keys, "who must have signed it; may be given more than once")
      ->type_name("FILE")
      ->allow_extra_args(false);
  verify->footer(about_verify);
}

void add_key(CLI::App& audit, Command& out) {
  CLI::App* const key = add_action(audit,
                                   "key",
                                   "make an Ed25519 key for `audit: signing_key:`, and FILE.pub "
                                   "for `dockgate audit verify`",
                                   Command::Action::key,
                                   out);
  key->add_option("file", out.files, "where it is written")
      ->type_name("FILE")
      ->required()
      ->expected(1);
}

}  // namespace

void add_commands(CLI::App& app, Command& out, std::function<void()> chosen) {
  CLI::App* const audit = app.add_subcommand("audit", "look at an audit trail, and prove it whole");
  audit->require_subcommand(1);
  add_verify(*audit, out);
  add_key(*audit, out);
  audit->callback(std::move(chosen));
}

}  // namespace dockgate::proxy::audit
