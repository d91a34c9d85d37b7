#include "proxy/confine/file_access.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace dockgate::proxy::confine {
namespace {

namespace fs = std::filesystem;

constexpr std::uint16_t dns_port = 53;

bool is_number(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_ip_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

// Collects what is named.
class Named {
 public:
  void add(const fs::path& path, Use use) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(fs::absolute(path, error), error);
    const Access access{real.string(), use};
    if (error || std::find(files_.begin(), files_.end(), access) != files_.end()) return;
    files_.push_back(access);
  }

  // Files are replaced by others of the same name, which only their folder knows: that of the name,
  // and that of what it is a link to.
  void add_folder_of(const std::string& file, Use use) {
    if (file.empty()) return;
    const fs::path path(file);
    std::error_code error;
    add(path.has_parent_path() ? path.parent_path() : ".", use);
    const fs::path real = fs::weakly_canonical(fs::absolute(path, error), error);
    if (!error) add(real.parent_path(), use);
  }

  void add(const policy::Tls& tls) {
    for (const std::string* const file : {&tls.certificate, &tls.key, &tls.client_ca, &tls.crl}) {
      add_folder_of(*file, Use::read);
    }
  }

  void add(const policy::Listen& listen) {
    if (listen.tls) add(*listen.tls);
    if (const policy::UnixAddress* const address = listen.unix_address()) {
      const fs::path folder = fs::path(address->path).parent_path();
      add(listen.in_private_folder ? folder.parent_path() : folder, Use::listen);
    }
  }

  // A device or a pipe is opened, and nothing made beside it.
  void add(const policy::AuditSettings& audit) {
    std::error_code error;
    if (!audit.signing_key.empty()) add_folder_of(audit.signing_key, Use::read);
    if (audit.file == "-") return;
    const fs::file_status status = fs::status(audit.file, error);
    if (fs::exists(status) && !fs::is_regular_file(status)) return add(audit.file, Use::record);
    add_folder_of(audit.file, Use::record);
  }

  // What the system trusts, where OpenSSL looks for it.
  void add_authorities() {
    add(X509_get_default_cert_dir(), Use::read);
    add_folder_of(X509_get_default_cert_file(), Use::read);
    for (const char* const variable :
         {X509_get_default_cert_dir_env(), X509_get_default_cert_file_env()}) {
      if (const char* const path = std::getenv(variable)) add(path, Use::read);
    }
    add("/usr/share/ca-certificates", Use::read);
    add("/usr/local/share/ca-certificates", Use::read);
  }

  // With what they are links to: resolv.conf often leads to /run.
  void add_names() {
    add("/etc", Use::read);
    add_folder_of("/etc/resolv.conf", Use::read);
  }

  std::vector<Access> take() { return std::move(files_); }

 private:
  std::vector<Access> files_;
};

bool looks_up_names(const policy::Settings& settings) {
  const auto has_name = [](const policy::Listen& listen) { return !is_number(listen.group); };
  const auto& syslog = settings.audit.syslog;
  return settings.has_names || (syslog && !syslog->host.empty() && !is_ip_address(syslog->host)) ||
         std::any_of(settings.listen.begin(), settings.listen.end(), has_name) ||
         (settings.admin && has_name(*settings.admin));
}

bool includes(Use now, Use wanted) { return static_cast<int>(now) >= static_cast<int>(wanted); }

bool is_within(std::string_view path, std::string_view folder) {
  if (folder == "/") return true;
  return path.substr(0, folder.size()) == folder &&
         (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace

Ruleset ruleset_for(const policy::Settings& settings, const std::vector<std::string>& files) {
  Named named;
  Ruleset out;
  for (const std::string& file : files) named.add_folder_of(file, Use::read);
  for (const policy::Listen& listen : settings.listen) named.add(listen);
  if (settings.admin) named.add(*settings.admin);
  named.add(settings.audit);
  if (const auto& syslog = settings.audit.syslog; syslog && !syslog->host.empty()) {
    out.ports.push_back(syslog->port);
    if (!is_ip_address(syslog->host)) out.ports.push_back(dns_port);
    named.add_folder_of(syslog->ca, Use::read);
    const bool is_tls = syslog->transport == policy::Syslog::Transport::tls;
    if (is_tls && syslog->ca.empty()) named.add_authorities();
  }
  if (looks_up_names(settings)) named.add_names();
  named.add("/proc", Use::read);
  const char* const supervisor = std::getenv("NOTIFY_SOCKET");
  out.reaches_abstract_sockets = supervisor != nullptr && *supervisor == '@';
  out.files = named.take();
  return out;
}

std::string what_is_missing(const Ruleset& now, const Ruleset& wanted) {
  for (const Access& one : wanted.files) {
    const bool included = std::any_of(now.files.begin(), now.files.end(), [&](const Access& had) {
      return is_within(one.path, had.path) && includes(had.use, one.use);
    });
    if (!included) return one.path;
  }
  for (const std::uint16_t port : wanted.ports) {
    const bool included = std::find(now.ports.begin(), now.ports.end(), port) != now.ports.end();
    if (!included) return "port " + std::to_string(port);
  }
  return "";
}

}  // namespace dockgate::proxy::confine
