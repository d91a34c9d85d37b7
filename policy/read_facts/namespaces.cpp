// Readers of shared namespaces, networks and ports.
#include <algorithm>
#include <string>
#include <string_view>

#include "policy/facts.h"
#include "policy/image_reference.h"
#include "policy/json.h"
#include "policy/place.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr std::string_view container_prefix = "container:";

void read_namespace(NamespaceKind kind, const std::string& mode, const Place& place, Facts& facts) {
  facts.namespaces.push_back({kind, mode, place.text()});
  if (mode.compare(0, container_prefix.size(), container_prefix) == 0) {
    facts.references.push_back(
        {ReferenceKind::container, mode.substr(container_prefix.size()), place.text()});
  }
}

bool is_predefined_network(std::string_view name) {
  return name == "default" || name == "bridge" || name == "none" || name == "host";
}

void refer_to_network(const std::string& name, const Place& place, Facts& facts) {
  if (name.compare(0, container_prefix.size(), container_prefix) == 0) return;
  if (is_predefined_network(name)) return;
  facts.references.push_back({ReferenceKind::network, name, place.text(), Use::attached});
}

void read_pairs(const Json& value, const Place& place, std::vector<AskedPair>& out) {
  out.reserve(out.size() + value.members.size());
  for (const Member& member : value.members) {
    out.push_back({member.key, member.value.text, place.member(member.key).text()});
  }
}

}  // namespace

// A container without a mode has `default`, which is the bridge; see read_request.
void read_network_mode(const Json& value, const Place& place, Facts& facts) {
  const std::string& mode = value.text;
  if (mode.empty() || mode == "default") return;
  read_namespace(NamespaceKind::network, mode, place, facts);
  refer_to_network(mode, place, facts);
}

void read_pid_mode(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) read_namespace(NamespaceKind::pid, value.text, place, facts);
}

void read_ipc_mode(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty() || value.text == "private" || value.text == "none") return;
  read_namespace(NamespaceKind::ipc, value.text, place, facts);
}

void read_uts_mode(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) read_namespace(NamespaceKind::uts, value.text, place, facts);
}

void read_userns_mode(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) read_namespace(NamespaceKind::user, value.text, place, facts);
}

void read_cgroupns_mode(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty() || value.text == "private") return;
  read_namespace(NamespaceKind::cgroup, value.text, place, facts);
}

// `container:X` once named a cgroup to share; it has had no effect on Linux for long.
void read_cgroup(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) read_namespace(NamespaceKind::cgroup, value.text, place, facts);
}

// `container:alias`: the other's environment and address.
void read_links(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string& text = value.items[i].text;
    facts.references.push_back(
        {ReferenceKind::container, text.substr(0, text.find(':')), place.item(i).text()});
  }
}

void read_port_bindings(const Json& value, const Place& place, Facts& facts) {
  for (const Member& port : value.members) {
    const Place port_place = place.member(port.key);
    for (std::size_t i = 0; i < port.value.items.size(); ++i) {
      const Json& binding = port.value.items[i];
      facts.ports.push_back({port.key,
                             std::string(string_or(binding.find("HostIp"), "")),
                             std::string(string_or(binding.find("HostPort"), "")),
                             port_place.item(i).text()});
    }
  }
}

void read_publish_all_ports(const Json& value, const Place& place, Facts& facts) {
  if (value.boolean) facts.ports.push_back({"", "", "", place.text()});
}

void read_endpoints(const Json& value, const Place& place, Facts& facts) {
  for (const Member& endpoint : value.members) {
    const Place endpoint_place = place.member(endpoint.key);
    if (endpoint.key != "default") {
      facts.networks.push_back({endpoint.key, endpoint_place.text()});
    }
    refer_to_network(endpoint.key, endpoint_place, facts);
  }
}

void read_endpoint_driver_opts(const Json& value, const Place& place, Facts& facts) {
  read_pairs(value, place, facts.network_options);
}

void read_extra_hosts(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    facts.extra_hosts.push_back({value.items[i].text, place.item(i).text()});
  }
}

void read_aliases(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    facts.aliases.push_back({value.items[i].text, place.item(i).text()});
  }
}

void read_address(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.addresses.push_back({value.text, place.text()});
}

void read_link_local_addresses(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    read_address(value.items[i], place.item(i), facts);
  }
}

void read_mac_address(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.mac_addresses.push_back({value.text, place.text()});
}

void read_subnet(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.subnets.push_back({value.text, place.text()});
}

// The one network through which a swarm publishes its ports.
void read_network_ingress(const Json& value, const Place& place, Facts& facts) {
  if (value.boolean) facts.network_scope = Asked{"ingress", place.text()};
}

void read_network_container(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty()) return;
  facts.references.push_back({ReferenceKind::container, value.text, place.text()});
}

// A name of hex digits alone would stand in the way of a network whose id begins so; one with odd
// characters (`a/b`, `container:x`) reads as something else wherever a network is named.
void read_network_name(const Json& value, const Place& place, Facts& facts) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  const bool odd = !std::all_of(value.text.begin(), value.text.end(), plain);
  if (!odd && !reads_as_id(value.text)) return;
  facts.references.push_back({ReferenceKind::network, value.text, place.text(), Use::absent});
}

void read_network_driver(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty() || value.text == "bridge") return;
  facts.network_driver = Asked{value.text, place.text()};
}

void read_network_options(const Json& value, const Place& place, Facts& facts) {
  read_pairs(value, place, facts.network_options);
}

void read_network_scope(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty() || value.text == "local") return;
  facts.network_scope = Asked{value.text, place.text()};
}

// A network that only holds settings for others: what is judged now would take effect elsewhere.
void read_network_config_only(const Json& value, const Place& place, Facts& facts) {
  if (value.boolean) facts.network_config_from = Asked{"ConfigOnly", place.text()};
}

void read_network_config_from(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.network_config_from = Asked{value.text, place.text()};
}

void read_ipam_driver(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty() || value.text == "default") return;
  facts.network_options.push_back({"ipam.driver", value.text, place.text()});
}

}  // namespace dockgate::policy
