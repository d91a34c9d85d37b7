#include <charconv>
#include <optional>
#include <string_view>

#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {
namespace {

struct PortRange {
  unsigned first = 0;
  unsigned last = 0;
};

std::optional<unsigned> port_number(std::string_view text) {
  unsigned number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size() || number > 65535) return {};
  return number;
}

// "8080" or "8000-8999"
std::optional<PortRange> port_range(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = port_number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : port_number(text.substr(dash + 1));
  if (!first || !last || *first > *last) return {};
  return PortRange{*first, *last};
}

// A pattern is `port`, `first-last` or `*`, for any address; or that after `address:`.
bool covers(std::string_view pattern, const PublishedPort& asked) {
  const std::size_t colon = pattern.rfind(':');
  if (colon != std::string_view::npos) {
    if (!glob_matches(pattern.substr(0, colon), asked.host_address)) return false;
    pattern.remove_prefix(colon + 1);
  }
  if (pattern == "*") return true;
  const auto allowed = port_range(pattern);
  const auto wanted = port_range(asked.host_port);
  return allowed && wanted && allowed->first <= wanted->first && wanted->last <= allowed->last;
}

bool is_listed(const PublishedPort& port, const Patterns& listed) {
  for (const std::string& pattern : listed.all) {
    if (covers(pattern, port)) return true;
  }
  return false;
}

std::string shown(const PublishedPort& port) {
  if (port.container_port.empty()) return "every exposed port";
  const std::string address = port.host_address.empty() ? "" : port.host_address + ":";
  return address + (port.host_port.empty() ? "any" : port.host_port) + "->" + port.container_port;
}

}  // namespace

void check_ports(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const Patterns& listed = policy.container.ports;
  for (const PublishedPort& port : facts.ports) {
    if (is_listed(port, listed)) continue;
    reasons.add("container.ports",
                port.at,
                shown(port),
                drop_or_list("container.allow.ports", listed, policy));
  }
}

}  // namespace dockgate::policy
