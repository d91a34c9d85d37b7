#include "policy/load/read_audit.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string_view>
#include <utility>

#include "policy/host_path.h"
#include "policy/load/read_limits.h"
#include "policy/load/read_listen.h"

namespace dockgate::policy {
namespace {

constexpr std::string_view unix_scheme = "unix://";

struct Facility {
  std::string_view name;
  int number;
};

constexpr Facility facilities[] = {{"user", 1},
                                   {"daemon", 3},
                                   {"auth", 4},
                                   {"authpriv", 10},
                                   {"audit", 13},
                                   {"local0", 16},
                                   {"local1", 17},
                                   {"local2", 18},
                                   {"local3", 19},
                                   {"local4", 20},
                                   {"local5", 21},
                                   {"local6", 22},
                                   {"local7", 23}};

// `90s`, `30m`, `12h`, `7d`, or seconds.
std::optional<std::chrono::seconds> duration_of(const YAML::Node& node, YamlProblems& problems) {
  constexpr std::int64_t most = 3650;  // days
  constexpr std::pair<char, std::int64_t> units[] = {
      {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}};
  const auto text = text_of(node, problems);
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  std::int64_t unit = stop == end ? 1 : 0;
  for (const auto& [name, seconds] : units) {
    if (end - stop == 1 && *stop == name) unit = seconds;
  }
  if (error == std::errc() && unit != 0 && number > 0 && number <= most * 86'400 / unit) {
    return std::chrono::seconds(number * unit);
  }
  problems.add(node, "`" + *text + "` is no time", "write it as 12h, 7d or in seconds");
  return std::nullopt;
}

void read_rotation(const YAML::Node& node,
                   AuditSettings::Rotation& rotate,
                   YamlProblems& problems) {
  constexpr std::string_view known[] = {"size", "age", "keep", "compress"};
  constexpr std::int64_t least_size = 64 * 1024;
  for (const YamlEntry& entry : entries_of(node, "audit.rotate", problems)) {
    if (entry.key == "size") {
      const auto size = bytes_of(entry.value, problems);
      if (size && *size < least_size) problems.add(entry.value, "`size` is at least 64k");
      if (size) rotate.size = static_cast<std::uint64_t>(*size);
    } else if (entry.key == "age") {
      if (const auto age = duration_of(entry.value, problems)) rotate.age = *age;
    } else if (entry.key == "keep") {
      read_amount(entry, integer_of(entry.value, problems), 1, rotate.keep, problems);
    } else if (entry.key == "compress") {
      rotate.compress = boolean_of(entry.value, problems).value_or(false);
    } else {
      add_unknown_key(entry, "audit.rotate", known, problems);
    }
  }
  if (rotate.size == 0 && rotate.age.count() == 0 && node.IsMap()) {
    problems.add(node, "nothing says when to rotate", "give it a `size` or an `age`");
  }
}

bool read_host_and_port(std::string_view text, Syslog& syslog) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return false;
  }
  syslog.host = host;
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), syslog.port);
  return error == std::errc() && stop == digits.data() + digits.size() && syslog.port != 0;
}

void read_address(const YAML::Node& node, Syslog& syslog, YamlProblems& problems) {
  constexpr std::pair<std::string_view, Syslog::Transport> networks[] = {
      {"tcp://", Syslog::Transport::tcp}, {"tls://", Syslog::Transport::tls}};
  const auto text = text_of(node, problems);
  if (!text) return;
  syslog.address = *text;
  bool read = false;
  if (text->compare(0, unix_scheme.size(), unix_scheme) == 0) {
    syslog.path = text->substr(unix_scheme.size());
    read = !syslog.path.empty() && syslog.path.front() == '/' &&
           clean_path(syslog.path) == syslog.path;
  }
  for (const auto& [scheme, transport] : networks) {
    if (text->compare(0, scheme.size(), scheme) != 0) continue;
    syslog.transport = transport;
    read = read_host_and_port(std::string_view(*text).substr(scheme.size()), syslog);
  }
  if (read) return;
  problems.add(node,
               "`" + *text + "` is no syslog server's address",
               "write it as unix:///dev/log, tcp://logs.example.com:601 or "
               "tls://logs.example.com:6514");
}

void read_facility(const YAML::Node& node, Syslog& syslog, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return;
  for (const Facility& facility : facilities) {
    if (facility.name != *text) continue;
    syslog.facility = facility.number;
    return;
  }
  problems.add(
      node, "`" + *text + "` is no facility", "authpriv, audit, daemon, local0 to local7, …");
}

Syslog syslog_of(const YAML::Node& node, const Surroundings& around, YamlProblems& problems) {
  constexpr std::string_view known[] = {"address", "ca", "facility"};
  Syslog syslog;
  for (const YamlEntry& entry : entries_of(node, "audit.syslog", problems)) {
    if (entry.key == "address") {
      read_address(entry.value, syslog, problems);
    } else if (entry.key == "ca") {
      syslog.ca = file_of(entry.value, around, problems);
    } else if (entry.key == "facility") {
      read_facility(entry.value, syslog, problems);
    } else {
      add_unknown_key(entry, "audit.syslog", known, problems);
    }
  }
  if (syslog.address.empty()) problems.add(node, "a syslog server needs an `address`");
  if (!syslog.ca.empty() && syslog.transport != Syslog::Transport::tls) {
    problems.add(node, "`ca` is for tls:// addresses");
  }
  return syslog;
}

// `true`, or the socket's address where it is not where it usually is.
void read_journal(const YAML::Node& node, AuditSettings& audit, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return;
  if (text->compare(0, unix_scheme.size(), unix_scheme) == 0) {
    if (const auto address = unix_address_of(node, problems)) audit.journal = address->path;
  } else if (boolean_of(node, problems).value_or(false)) {
    audit.journal = "/run/systemd/journal/socket";
  }
}

}  // namespace

void read_audit(const YAML::Node& node,
                const Surroundings& around,
                AuditSettings& audit,
                YamlProblems& problems) {
  using Durability = AuditSettings::Durability;
  using Reads = AuditSettings::Reads;
  constexpr std::string_view known[] = {
      "file", "durability", "reads", "rotate", "signing_key", "signed_every", "syslog", "journal"};
  for (const YamlEntry& entry : entries_of(node, "audit", problems)) {
    if (entry.key == "file") {
      if (const auto file = text_of(entry.value, problems)) audit.file = *file;
    } else if (entry.key == "durability") {
      read_word(entry,
                {{"written", Durability::written}, {"synced", Durability::synced}},
                audit.durability,
                problems);
    } else if (entry.key == "reads") {
      read_word(
          entry, {{"answer", Reads::answer}, {"refuse", Reads::refuse}}, audit.reads, problems);
    } else if (entry.key == "rotate") {
      read_rotation(entry.value, audit.rotate, problems);
    } else if (entry.key == "signing_key") {
      audit.signing_key = file_of(entry.value, around, problems);
    } else if (entry.key == "signed_every") {
      read_amount(entry, integer_of(entry.value, problems), 1, audit.signed_every, problems);
    } else if (entry.key == "syslog") {
      audit.syslog = syslog_of(entry.value, around, problems);
    } else if (entry.key == "journal") {
      read_journal(entry.value, audit, problems);
    } else {
      add_unknown_key(entry, "audit", known, problems);
    }
  }
  const bool rotates = audit.rotate.size != 0 || audit.rotate.age.count() != 0;
  if (rotates && audit.file == "-") {
    problems.add(node, "standard output cannot be rotated", "name a `file`");
  }
}

}  // namespace dockgate::policy
