#include "proxy/audit/commands.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <utility>

#include "certs/signing.h"
#include "proxy/audit/report.h"
#include "proxy/audit/show.h"
#include "proxy/audit/verify.h"

namespace dockgate::proxy::audit {
namespace {

int exit_status(const certs::Failure& failure) {
  std::cerr << "dockgate: " << failure.text << "\n";
  return failure.kind == certs::Failure::Kind::mistake ? 2 : 1;
}

void print_summary(const Verified& verified, bool with_keys) {
  std::cout << verified.records << " records in " << verified.files << " files, "
            << verified.first.seq << " to " << verified.last.seq << "\n"
            << "head " << hex_of(verified.last.hash) << "\n";
  if (with_keys) {
    std::cout << verified.signatures << " signatures; the last " << verified.unsigned_
              << " records are not signed yet\n";
  }
  std::cout << (verified.holds() ? "the chain holds\n" : "the chain does NOT hold\n");
}

int run_verify(const Command& command) {
  std::vector<certs::PublicKey> keys;
  for (const std::string& file : command.public_keys) {
    auto key = certs::PublicKey::load(file);
    if (!key) return exit_status(key.error());
    keys.push_back(std::move(*key));
  }
  const Verified verified = verify(command.files, keys);
  for (const Finding& finding : verified.findings) {
    std::cout << (finding.kind == Finding::Kind::note ? "note  " : "BROKEN  ") << finding.text
              << "\n";
  }
  print_summary(verified, !keys.empty());
  if (verified.unreadable.empty()) return verified.holds() ? 0 : 1;
  std::cerr << "dockgate: " << verified.unreadable << "\n";
  return 2;
}

int run_show(const Command& command) {
  const bool coloured = !command.plain && !command.as_json && ::isatty(STDOUT_FILENO) == 1 &&
                        std::getenv("NO_COLOR") == nullptr;
  return show({.files = command.files,
               .filter = command.filter,
               .as_json = command.as_json,
               .coloured = coloured,
               .follow = command.follow});
}

int run_report(const Command& command) {
  const Report report = report_of(command.files, command.filter);
  if (!report.unreadable.empty()) {
    std::cerr << "dockgate: " << report.unreadable << "\n";
    return 2;
  }
  if (command.html.empty()) {
    std::cout << as_text(report);
    return 0;
  }
  std::ofstream page(command.html, std::ios::binary);
  page << as_html(report);
  page.close();
  if (page) return 0;
  return exit_status(certs::system_failure(command.html, "written", errno));
}

int make_key(const Command& command) {
  const std::string& file = command.files.front();
  const auto id = certs::SigningKey::make(file);
  if (!id) return exit_status(id.error());
  std::cout << "key " << *id << "\n"
            << file << "      for `audit: { signing_key: … }`; on the gate alone\n"
            << file << ".pub  for `dockgate audit verify --public-key`; keep it off the gate\n";
  return 0;
}

}  // namespace

int run(const Command& command) {
  switch (command.action) {
    case Command::Action::verify:
      return run_verify(command);
    case Command::Action::show:
      return run_show(command);
    case Command::Action::report:
      return run_report(command);
    case Command::Action::key:
      return make_key(command);
  }
  return 2;
}

}  // namespace dockgate::proxy::audit
