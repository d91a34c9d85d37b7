#include "proxy/audit/commands.h"

#include <iostream>
#include <utility>

#include "certs/signing.h"
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
    case Command::Action::key:
      return make_key(command);
  }
  return 2;
}

}  // namespace dockgate::proxy::audit
