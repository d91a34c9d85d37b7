#include "policy/load/read_listen.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "policy/host_path.h"

namespace dockgate::policy {
namespace {

constexpr std::string_view unix_scheme = "unix://";
constexpr std::string_view tcp_scheme = "tcp://";

bool begins_with(std::string_view text, std::string_view scheme) {
  return text.substr(0, scheme.size()) == scheme;
}

std::optional<UnixAddress> unix_address(std::string_view text) {
  if (!begins_with(text, unix_scheme)) return std::nullopt;
  const std::string path(text.substr(unix_scheme.size()));
  if (path.empty() || path.front() != '/' || clean_path(path) != path) return std::nullopt;
  return UnixAddress{path};
}

// The one spelling of an IP address; "" for what is none.
std::string canonical_ip(const std::string& text, int family) {
  std::array<char, INET6_ADDRSTRLEN> written{};
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (::inet_pton(family, text.c_str(), bytes.data()) != 1) return "";
  return ::inet_ntop(family, bytes.data(), written.data(), written.size());
}

std::optional<TcpAddress> tcp_address(std::string_view text) {
  if (!begins_with(text, tcp_scheme)) return std::nullopt;
  text.remove_prefix(tcp_scheme.size());
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  TcpAddress out;
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), out.port);
  if (error != std::errc() || stop != digits.data() + digits.size()) return std::nullopt;
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  out.ip = bracketed ? canonical_ip(std::string(host.substr(1, host.size() - 2)), AF_INET6)
                     : canonical_ip(std::string(host), AF_INET);
  if (out.ip.empty()) return std::nullopt;
  return out;
}

std::optional<std::uint32_t> mode_of(const YAML::Node& node, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return std::nullopt;
  std::uint32_t mode = 0;
  const auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), mode, 8);
  if (error == std::errc() && stop == text->data() + text->size() && mode <= 0777) return mode;
  problems.add(node, "`" + *text + "` is no file mode", "write it as \"0660\"");
  return std::nullopt;
}

void read_minimum(const YAML::Node& node, Tls& tls, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return;
  if (*text != "1.2" && *text != "1.3") {
    problems.add(node, "the least version of TLS is \"1.2\" or \"1.3\", not `" + *text + "`");
  }
  tls.minimum = *text == "1.2" ? Tls::Minimum::tls_1_2 : Tls::Minimum::tls_1_3;
}

std::optional<Tls> tls_of(const YAML::Node& node,
                          std::string_view path,
                          const Surroundings& around,
                          YamlProblems& problems) {
  constexpr std::string_view known[] = {
      "certificate", "key", "client_ca", "crl", "minimum_version"};
  Tls tls;
  const std::pair<std::string_view, std::string*> files[] = {{"certificate", &tls.certificate},
                                                             {"key", &tls.key},
                                                             {"client_ca", &tls.client_ca},
                                                             {"crl", &tls.crl}};
  for (const YamlEntry& entry : entries_of(node, path, problems)) {
    bool is_file = false;
    for (const auto& [key, file] : files) {
      if (entry.key != key) continue;
      *file = file_of(entry.value, around, problems);
      is_file = true;
    }
    if (is_file) continue;
    if (entry.key == "minimum_version") {
      read_minimum(entry.value, tls, problems);
    } else {
      add_unknown_key(entry, path, known, problems);
    }
  }
  for (const auto& [key, file] : files) {
    const bool said = node.IsMap() && node[std::string(key)];
    if (key != "crl" && file->empty() && !said && (node.IsMap() || node.IsNull())) {
      problems.add(node, "TLS needs a `" + std::string(key) + "`");
    }
  }
  return tls;
}

// A listener's parts that only make sense with each other.
struct Written {
  YAML::Node item;
  bool mode_or_group = false;
  bool plaintext = false;
};

// Plain TCP says nothing of who is there, and everything to who listens: only where nobody else can
// reach it, or where the file says that this is understood.
void check_listener(const Listen& listen, const Written& written, YamlProblems& problems) {
  const TcpAddress* const tcp = listen.tcp_address();
  if (tcp == nullptr && (listen.tls || written.plaintext)) {
    problems.add(written.item, "`tls` and `plaintext` are for tcp:// addresses");
  } else if (tcp != nullptr && written.mode_or_group) {
    problems.add(written.item, "`mode` and `group` are for unix:// addresses");
  } else if (tcp != nullptr && listen.tls && written.plaintext) {
    problems.add(written.item, "a listener has `tls` or `plaintext`, not both");
  } else if (tcp != nullptr && !listen.tls && !written.plaintext && !tcp->is_loopback()) {
    problems.add(
        written.item,
        "`" + tcp->text() + "` without `tls` lets everybody in who reaches it",
        "give it `tls: { certificate, key, client_ca }`, or say `plaintext: i-understand`");
  }
}

void read_listener_key(const YamlEntry& entry,
                       std::string_view path,
                       const Surroundings& around,
                       Listen& listen,
                       Written& written,
                       YamlProblems& problems) {
  constexpr std::string_view known[] = {"address", "mode", "group", "tls", "plaintext"};
  if (entry.key == "address") {
    if (auto address = listen_address_of(entry.value, problems)) listen.address = *address;
  } else if (entry.key == "mode") {
    if (const auto mode = mode_of(entry.value, problems)) listen.mode = *mode;
    written.mode_or_group = true;
  } else if (entry.key == "group") {
    if (const auto group = text_of(entry.value, problems)) listen.group = *group;
    written.mode_or_group = written.mode_or_group || !listen.group.empty();
  } else if (entry.key == "tls") {
    listen.tls = tls_of(entry.value, std::string(path) + ".tls", around, problems);
  } else if (entry.key == "plaintext") {
    const auto text = text_of(entry.value, problems);
    written.plaintext = true;
    if (text && *text != "i-understand") {
      problems.add(entry.value, "`plaintext` is `i-understand` or is not there");
    }
  } else {
    add_unknown_key(entry, path, known, problems);
  }
}

}  // namespace

std::string file_of(const YAML::Node& node, const Surroundings& around, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return "";
  if (text->empty()) problems.add(node, "a file is expected here");
  if (text->empty() || text->front() == '/') return clean_path(*text);
  const std::string& config = around.config_file;
  const std::size_t slash = config.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : config.substr(0, slash);
  const bool rooted = !folder.empty() && folder.front() == '/';
  return clean_path((rooted ? "" : around.working_directory + "/") + folder + "/" + *text);
}

std::optional<UnixAddress> unix_address_of(const YAML::Node& node, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return std::nullopt;
  auto address = unix_address(*text);
  if (!address) {
    problems.add(node,
                 "`" + *text + "` is not the address of a Unix socket",
                 "write it as unix:///run/dockgate/docker.sock");
  }
  return address;
}

std::optional<ListenAddress> listen_address_of(const YAML::Node& node, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return std::nullopt;
  if (auto address = unix_address(*text)) return *std::move(address);
  if (auto address = tcp_address(*text)) return *std::move(address);
  problems.add(node,
               "`" + *text + "` is no address to listen on",
               "write it as unix:///run/dockgate/docker.sock, or as tcp://10.0.0.5:2376 with an IP "
               "address");
  return std::nullopt;
}

Listen read_listener(const YAML::Node& node,
                     std::string_view path,
                     const Surroundings& around,
                     YamlProblems& problems) {
  Listen listen;
  Written written{.item = node};
  for (const YamlEntry& entry : entries_of(node, path, problems)) {
    read_listener_key(entry, path, around, listen, written, problems);
  }
  const bool has_address = node.IsMap() && node["address"];
  if (!has_address) problems.add(node, "a listener needs an `address`");
  if (has_address) check_listener(listen, written, problems);
  return listen;
}

void check_admin(const YAML::Node& node, const Settings& settings, YamlProblems& problems) {
  for (const Listen& listen : settings.listen) {
    const TcpAddress* const tcp = listen.tcp_address();
    const bool any_port = tcp != nullptr && tcp->port == 0;
    if (listen.address != settings.admin->address || any_port) continue;
    problems.add(node,
                 "clients are listened to on " + listen.text() + " already",
                 "give `admin` an address of its own");
  }
}

void read_listen(const YAML::Node& node,
                 const Surroundings& around,
                 Settings& settings,
                 YamlProblems& problems) {
  for (const YAML::Node& item : list_of(node, problems)) {
    settings.listen.push_back(read_listener(item, "listen", around, problems));
  }
}

}  // namespace dockgate::policy
