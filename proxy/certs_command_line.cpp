#include "proxy/certs_command_line.h"

#include <CLI/CLI.hpp>
#include <utility>
#include <vector>

namespace dockgate::proxy {
namespace {

constexpr int longest_days = 36500;

constexpr const char* about =
    "A CA is a folder:\n"
    "  dockgate certs init ca                              once\n"
    "  dockgate certs server ca --name gate.example.com    for the gate\n"
    "  dockgate certs client ca runner-1                   for each client\n"
    "  dockgate certs list ca                              who has what, until when\n"
    "  dockgate certs renew ca runner-1                    before it ends\n"
    "  dockgate certs revoke ca runner-1                   when its key may be known to others\n\n"
    "ca/clients/runner-1 is then a DOCKER_CERT_PATH. The gate needs ca/servers/NAME, ca/ca.pem "
    "and\n"
    "ca/crl.pem. Who has ca/ca-key.pem can make clients: keep it off the gate.\n\n"
    "crl.pem says what is revoked, and ends by itself, after 400 days unless told otherwise; the\n"
    "gate then refuses everybody. Every command that changes the folder writes it afresh, as does\n"
    "`dockgate certs renew ca --crl`: give it to the gate again.\n\n"
    "Exit status: 2 for what you can mend, 1 where the machine fails.";

constexpr const char* about_bundles =
    "A bundle is one PEM file with key, certificate and CA, in this order, for a CI secret store.\n"
    "A job makes the three files of it again:\n"
    "  umask 077\n"
    "  awk '/-----BEGIN/ {n++}\n"
    "       {print > (n == 1 ? \"key.pem\" : n == 2 ? \"cert.pem\" : \"ca.pem\")}' bundle.pem\n"
    "For a store that takes one line, `base64 -w0 bundle.pem`, and `base64 -d` before awk.";

CLI::App* add_action(CLI::App& certs,
                     const char* name,
                     const char* what,
                     CertsCommand::Action action,
                     CertsCommand& out) {
  CLI::App* const command = certs.add_subcommand(name, what);
  command->add_option("dir", out.folder, "the CA's folder")->type_name("DIR")->required();
  command->callback([&out, action] { out.action = action; });
  return command;
}

void add_days(CLI::App& command, CertsCommand& out, const char* what) {
  command.add_option("--days", out.days, what)->type_name("N")->check(CLI::Range(1, longest_days));
}

// One value each, so that what follows is not taken for another.
void add_names(CLI::App& command,
               const char* option,
               std::vector<std::string>& values,
               const char* type,
               const char* what) {
  command.add_option(option, values, what)->type_name(type)->allow_extra_args(false);
}

CLI::Option* add_handing(CLI::App& command, CertsCommand& out, const char* forced) {
  CLI::Option* const bundle =
      command
          .add_option("--bundle", out.handing.bundle, "also write all three to one file, see below")
          ->type_name("FILE");
  command.footer(about_bundles);
  command.add_flag("--force", out.force, forced);
  return bundle;
}

void add_init(CLI::App& certs, CertsCommand& out) {
  CLI::App* const init = add_action(
      certs, "init", "make a CA in a new or empty folder", CertsCommand::Action::init, out);
  init->add_option("--name", out.authority.name, "what the CA is called")
      ->type_name("NAME")
      ->capture_default_str();
  add_days(*init, out, "how long it may certify; 3650 unless given");
  init->add_option("--crl-days", out.authority.crl_days, "how long each revocation list holds")
      ->type_name("N")
      ->check(CLI::Range(1, longest_days))
      ->capture_default_str();
  init->add_flag(
      "--rsa", out.rsa, "RSA keys for the CA and all below it, where clients cannot use P-256");
}

void add_server(CLI::App& certs, CertsCommand& out) {
  CLI::App* const server = add_action(certs,
                                      "server",
                                      "certify a gate, for the names it is found by",
                                      CertsCommand::Action::server,
                                      out);
  add_names(*server,
            "--name",
            out.request.hosts,
            "HOST",
            "a DNS name; the first is what its folder is called");
  add_names(*server, "--ip", out.request.addresses, "ADDRESS", "an IP address");
  add_days(*server, out, "how long it is valid; 365 unless given, and no longer than the CA");
  server->add_flag(
      "--force", out.force, "revoke the name's older certificates, and replace its folder");
}

void add_client(CLI::App& certs, CertsCommand& out) {
  CLI::App* const client = add_action(certs,
                                      "client",
                                      "certify a client: a folder for DOCKER_CERT_PATH",
                                      CertsCommand::Action::client,
                                      out);
  client->add_option("name", out.name, "its common name")->type_name("NAME")->required();
  add_names(*client, "--uri", out.request.uris, "URI", "such as spiffe://example.com/ci");
  add_names(*client,
            "--email",
            out.request.emails,
            "ADDRESS",
            "may be given more than once, like all names");
  add_names(*client, "--dns", out.request.hosts, "HOST", "may be given more than once");
  add_names(*client,
            "--organization-unit",
            out.request.organization_units,
            "NAME",
            "may be given more than once");
  add_days(*client, out, "how long it is valid; 365 unless given, and no longer than the CA");
  add_handing(
      *client, out, "revoke the name's older certificates, and replace its folder and the bundle");
}

void add_renew(CLI::App& certs, CertsCommand& out) {
  CLI::App* const renew =
      add_action(certs,
                 "renew",
                 "certify its names again, with a new key; the older stays valid",
                 CertsCommand::Action::renew,
                 out);
  CLI::Option* const name =
      renew->add_option("name", out.name, "a client or server")->type_name("NAME");
  CLI::Option* const keep =
      renew->add_flag("--keep-key",
                      out.keep_key,
                      "certify the key in its folder again, where public_key_sha256 is matched");
  renew
      ->add_flag("--crl",
                 out.crl_alone,
                 "only write the revocation list afresh; --days says how long it and the next hold")
      ->excludes(name)
      ->excludes(keep)
      ->excludes(add_handing(*renew, out, "replace the bundle"));
  add_days(*renew, out, "how long it is valid; as long as the older one was unless given");
}

void add_revoke(CLI::App& certs, CertsCommand& out) {
  CLI::App* const revoke = add_action(certs,
                                      "revoke",
                                      "put all certificates of a name on the revocation list",
                                      CertsCommand::Action::revoke,
                                      out);
  revoke->add_option("name", out.name, "a client or server")->type_name("NAME")->required();
  revoke->add_flag("--older", out.older_alone, "all but the newest, once a renewed one is in use");
}

// What several options say together.
void settle(CertsCommand& out) {
  if (out.action == CertsCommand::Action::renew && out.name.empty() && !out.crl_alone) {
    throw CLI::RequiredError("name or --crl");
  }
  if (out.action == CertsCommand::Action::server) {
    if (out.request.hosts.empty() && out.request.addresses.empty()) {
      throw CLI::RequiredError("--name or --ip");
    }
    out.name =
        out.request.hosts.empty() ? out.request.addresses.front() : out.request.hosts.front();
    out.request.kind = certs::Kind::server;
  }
  out.request.name = out.name;
  out.handing.days = out.days.value_or(0);
  if (out.days) out.authority.days = *out.days;
  if (out.rsa) out.authority.keys = certs::KeyKind::rsa3072;
  if (out.force) out.handing.existing = certs::Existing::replace;
}

}  // namespace

void add_certs(CLI::App& app, CertsCommand& out, std::function<void()> chosen) {
  CLI::App* const certs = app.add_subcommand(
      "certs", "make the certificates of a TLS endpoint and its clients, renew and revoke them");
  certs->require_subcommand(1);
  certs->footer(about);
  add_init(*certs, out);
  add_server(*certs, out);
  add_client(*certs, out);
  add_renew(*certs, out);
  add_revoke(*certs, out);
  add_action(*certs,
             "list",
             "show names, kinds, ends, revocations and fingerprints",
             CertsCommand::Action::list,
             out);
  certs->callback([&out, chosen = std::move(chosen)] {
    settle(out);
    chosen();
  });
}

}  // namespace dockgate::proxy
