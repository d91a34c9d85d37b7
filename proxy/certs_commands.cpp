#include "proxy/certs_commands.h"

#include <algorithm>
#include <exception>
#include <iomanip>
#include <iostream>

#include "certs/certificate.h"

namespace dockgate::proxy {
namespace {

using certs::Kind;
using certs::Outcome;

constexpr auto soon = std::chrono::hours(24 * 30);

// One word of a shell command, whatever it holds.
std::string quoted(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-:=,+@").find(c) != std::string_view::npos;
  });
  return plain ? text : word + "'";
}

// A field of what `docker context create --docker` reads as a line of CSV.
std::string field(const std::string& key, const std::string& value) {
  const std::string pair = key + "=" + value;
  if (value.find_first_of(",\"") == std::string::npos) return pair;
  std::string escaped = "\"";
  for (const char c : pair) escaped += c == '"' ? std::string("\"\"") : std::string(1, c);
  return escaped + "\"";
}

std::string address_of_gate(const Outcome& outcome) {
  const std::string gate = outcome.gate.empty() ? "GATE" : outcome.gate;
  return "tcp://" + (gate.find(':') == std::string::npos ? gate : "[" + gate + "]") + ":2376";
}

void print_client(const Outcome& outcome) {
  const std::string address = address_of_gate(outcome);
  const std::string endpoint =
      field("host", address) + "," + field("ca", outcome.folder + "/ca.pem") + "," +
      field("cert", outcome.folder + "/cert.pem") + "," + field("key", outcome.folder + "/key.pem");
  std::cout << "\nwith the docker command, once:\n\n"
            << "docker context create dockgate-" << outcome.name << " --docker " << quoted(endpoint)
            << "\n\nor in the environment:\n\n"
            << "export DOCKER_HOST=" << address << "\n"
            << "export DOCKER_TLS_VERIFY=1\n"
            << "export DOCKER_CERT_PATH=" << quoted(outcome.folder) << "\n";
  if (!outcome.gate.empty()) return;
  std::cout << "\nGATE stands for the gate's name: no server has a certificate here yet\n";
}

void print_server(const Outcome& outcome) {
  const auto in_yaml = [](const std::string& path) {
    std::string text = "\"";
    for (const char c : path) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    return text + "\"";
  };
  std::cout << "\nin the gate's configuration, with these four files on its machine:\n\n"
            << "listen:\n"
            << "  - address: tcp://0.0.0.0:2376\n"
            << "    tls:\n"
            << "      certificate: " << in_yaml(outcome.folder + "/cert.pem") << "\n"
            << "      key: " << in_yaml(outcome.folder + "/key.pem") << "\n"
            << "      client_ca: " << in_yaml(outcome.authority_file) << "\n"
            << "      crl: " << in_yaml(outcome.crl_file) << "\n";
}

void print_crl(const Outcome& outcome) {
  std::cout << "wrote " << outcome.crl_file << ", valid until " << certs::to_text(outcome.crl_ends)
            << "; give it to the gate again\n";
}

void print_issued(const Outcome& outcome, const std::string& bundle) {
  std::cout << "wrote " << outcome.folder << ": ca.pem cert.pem key.pem\n";
  if (!bundle.empty()) std::cout << "wrote " << bundle << ": key, certificate and CA\n";
  print_crl(outcome);
  std::cout << "valid until " << certs::to_text(outcome.ends) << "\n"
            << "fingerprint_sha256 " << outcome.fingerprint_sha256 << "\n";
  if (outcome.revoked != 0) {
    std::cout << "revoked " << outcome.revoked << " older of `" << outcome.name << "`\n";
  }
  if (outcome.kind == Kind::server) print_server(outcome);
  if (outcome.kind == Kind::client) print_client(outcome);
}

void print_made(const Outcome& outcome) {
  std::cout << "made the CA `" << outcome.name << "` in " << outcome.folder << ", valid until "
            << certs::to_text(outcome.ends) << "\n"
            << "who has " << outcome.folder
            << "/ca-key.pem can make clients: keep it off the gate\n"
            << "next: dockgate certs server " << quoted(outcome.folder)
            << " --name HOST, and dockgate certs client " << quoted(outcome.folder) << " NAME\n";
}

void print_revoked(const Outcome& outcome) {
  std::cout << "revoked " << outcome.revoked
            << (outcome.revoked == 1 ? " certificate" : " certificates") << " of `" << outcome.name
            << "`\n";
  print_crl(outcome);
}

std::string state_of(const certs::Listed& listed) {
  if (listed.revoked) return "revoked " + certs::to_text(*listed.revoked).substr(0, 10);
  return listed.ends <= std::chrono::system_clock::now() ? "expired" : "valid";
}

void print_row(const certs::Listed& listed, std::size_t width) {
  std::cout << std::left << std::setw(static_cast<int>(width)) << listed.name << "  "
            << std::setw(6) << certs::name_of(listed.kind) << "  " << std::setw(18)
            << state_of(listed) << "  " << certs::to_text(listed.ends) << "  "
            << listed.fingerprint_sha256 << "  " << listed.serial << "\n";
}

void print_listing(const certs::Listing& listing, const std::string& folder) {
  std::size_t width = std::max<std::size_t>(listing.authority.name.size(), 4);
  for (const certs::Listed& one : listing.issued) width = std::max(width, one.name.size());
  std::cout << std::left << std::setw(static_cast<int>(width)) << "NAME"
            << "  KIND    STATE               ENDS                  " << std::setw(64)
            << "FINGERPRINT_SHA256"
            << "  SERIAL\n";
  print_row(listing.authority, width);
  for (const certs::Listed& one : listing.issued) print_row(one, width);
  const auto now = std::chrono::system_clock::now();
  std::cout << "\nthe revocation list crl.pem " << (listing.crl_ends <= now ? "ended" : "ends")
            << " on " << certs::to_text(listing.crl_ends) << "\n";
  if (listing.crl_ends > now + soon) return;
  std::cerr
      << "the gate refuses everybody once its revocation list has ended; write it afresh with "
         "dockgate certs renew "
      << quoted(folder) << " --crl, and give it to the gate\n";
}

template <class T, class Print>
int finish(const certs::Result<T>& result, Print print) {
  if (result) {
    print(*result);
    return 0;
  }
  const certs::Failure failure = result.error();
  std::cerr << failure.text << "\n";
  return failure.kind == certs::Failure::Kind::mistake ? 2 : 1;
}

int renew(const CertsCommand& command) {
  if (command.crl_alone) return finish(certs::renew_crl(command.folder, command.days), print_crl);
  const auto key = command.keep_key ? certs::RenewedKey::kept : certs::RenewedKey::fresh;
  const auto renewed = certs::renew(command.folder, command.name, key, command.handing);
  return finish(renewed, [&](const Outcome& outcome) {
    print_issued(outcome, command.handing.bundle);
    std::cout << "\nthe older certificate stays valid; once this one is in use:\n\n"
              << "dockgate certs revoke " << quoted(command.folder) << " " << outcome.name
              << " --older\n";
  });
}

int revoke(const CertsCommand& command) {
  const auto which = command.older_alone ? certs::Which::older : certs::Which::all;
  return finish(certs::revoke(command.folder, command.name, which), print_revoked);
}

int run(const CertsCommand& command) {
  switch (command.action) {
    case CertsCommand::Action::init:
      return finish(certs::create_authority(command.folder, command.authority), print_made);
    case CertsCommand::Action::server:
    case CertsCommand::Action::client:
      return finish(certs::issue(command.folder, command.request, command.handing),
                    [&](const Outcome& made) { print_issued(made, command.handing.bundle); });
    case CertsCommand::Action::renew:
      return renew(command);
    case CertsCommand::Action::revoke:
      return revoke(command);
    case CertsCommand::Action::list:
      return finish(certs::list(command.folder),
                    [&](const certs::Listing& listing) { print_listing(listing, command.folder); });
  }
  return 2;
}

}  // namespace

int run_certs(const CertsCommand& command) {
  try {
    return run(command);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}

}  // namespace dockgate::proxy
