#include "proxy/audit/command_line.h"

#include <CLI/CLI.hpp>
#include <utility>

namespace dockgate::proxy::audit {
namespace {

std::string usual_file() { return "/var/log/dockgate/audit.jsonl"; }

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

void add_filter(CLI::App& command, Filter& filter) {
  const auto add = [&command](
                       const char* option, std::string& value, const char* type, const char* what) {
    return command.add_option(option, value, what)->type_name(type);
  };
  const auto read_time = [](std::string& text) -> std::string {
    auto time = time_of(text);
    if (!time)
      return "`" + text + "` is no time; write 2026-11-24T15:30 (UTC), or 12h for that ago";
    text = std::move(*time);
    return "";
  };
  add("--client", filter.client, "NAME", "records of this client; `*` stands for any characters");
  add("--verdict", filter.verdict, "WORD", "allow, refuse or would_refuse")
      ->check(CLI::IsMember({"allow", "refuse", "would_refuse"}));
  add("--operation", filter.operation, "NAME", "of this operation, such as `Container*`");
  add("--object", filter.object, "NAME|ID", "that name this object");
  add("--since", filter.since, "TIME", "not before: 2026-11-24T15:30 in UTC, or 12h for that ago")
      ->transform(CLI::Validator(read_time, ""));
  add("--until", filter.until, "TIME", "before then")->transform(CLI::Validator(read_time, ""));
}

void add_show(CLI::App& audit, Command& out) {
  CLI::App* const show =
      add_action(audit, "show", "print records for people", Command::Action::show, out);
  show->add_option("files",
                   out.files,
                   "the oldest first, compressed ones too; - is standard input; " + usual_file() +
                       " where none is given")
      ->type_name("FILE");
  add_filter(*show, out.filter);
  CLI::Option* const json = show->add_flag("--json", out.as_json, "the records as they are");
  show->add_flag("--follow", out.follow, "go on with the last file, also when it is rotated");
  show->add_flag("--no-color", out.plain, "no colours, on a terminal neither")->excludes(json);
}

void add_report(CLI::App& audit, Command& out) {
  CLI::App* const report =
      add_action(audit, "report", "sum up who was refused what", Command::Action::report, out);
  report
      ->add_option(
          "files", out.files, "files of the trail; " + usual_file() + " where none is given")
      ->type_name("FILE");
  add_filter(*report, out.filter);
  report->add_option("--html", out.html, "write a page with charts to this file")
      ->type_name("FILE");
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
  add_show(*audit, out);
  add_report(*audit, out);
  add_key(*audit, out);
  audit->callback([&out, chosen = std::move(chosen)] {
    if (out.files.empty()) out.files.push_back(usual_file());
    chosen();
  });
}

}  // namespace dockgate::proxy::audit
