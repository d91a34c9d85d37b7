// Readers of the swarm itself, of its nodes, and of the secrets, configs and volumes it keeps.
#include <string>
#include <string_view>

#include "policy/facts.h"
#include "policy/json.h"
#include "policy/place.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr std::int64_t default_data_path_port = 4789;

void read_text(const Json& value, const Place& place, std::optional<Asked>& out) {
  if (!value.text.empty()) out = Asked{value.text, place.text()};
}

// A driver that is there is asked for, also without a name.
void read_driver_name(const Json& value, const Place& place, std::optional<Asked>& out) {
  if (value.members.empty()) return;
  out = Asked{std::string(string_or(value.find("Name"), "")), place.text()};
}

}  // namespace

void read_listen_addr(const Json& value, const Place& place, Facts& facts) {
  read_text(value, place, facts.listen_addr);
}

void read_advertise_addr(const Json& value, const Place& place, Facts& facts) {
  read_text(value, place, facts.advertise_addr);
}

void read_data_path_addr(const Json& value, const Place& place, Facts& facts) {
  read_text(value, place, facts.data_path_addr);
}

void read_data_path_port(const Json& value, const Place& place, Facts& facts) {
  const std::int64_t port = integer_or_zero(&value);
  if (port == 0 || port == default_data_path_port) return;
  facts.data_path_port = AskedNumber{port, place.text()};
}

void read_remote_addrs(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    facts.remote_addrs.push_back({value.items[i].text, place.item(i).text()});
  }
}

void read_external_cas(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    facts.external_cas.push_back(
        {std::string(string_or(value.items[i].find("URL"), "")), place.item(i).text()});
  }
}

void read_signing_ca(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.signing_ca = Asked{"a certificate authority", place.text()};
}

void read_force_new_cluster(const Json& value, const Place& place, Facts& facts) {
  if (value.boolean) facts.force_new_cluster = Asked{"true", place.text()};
}

void read_node_role(const Json& value, const Place& place, Facts& facts) {
  read_text(value, place, facts.node_role);
}

void read_node_availability(const Json& value, const Place& place, Facts& facts) {
  if (value.text != "active") read_text(value, place, facts.node_availability);
}

void read_secret_name(const Json& value, const Place& place, Facts& facts) {
  read_text(value, place, facts.secret_name);
}

void read_secret_driver(const Json& value, const Place& place, Facts& facts) {
  read_driver_name(value, place, facts.secret_driver);
}

void read_secret_templating(const Json& value, const Place& place, Facts& facts) {
  read_driver_name(value, place, facts.secret_templating);
}

void read_secret_used(const Json& value, const Place& place, Facts& facts) {
  facts.secrets.push_back({value.text, place.text()});
}

void read_config_name(const Json& value, const Place& place, Facts& facts) {
  read_text(value, place, facts.config_name);
}

void read_config_templating(const Json& value, const Place& place, Facts& facts) {
  read_driver_name(value, place, facts.config_templating);
}

// An empty one says to the Engine as much as any: that the volume is the swarm's.
void read_cluster_volume(const Json&, const Place& place, Facts& facts) {
  facts.cluster_volumes.push_back({"a volume of the swarm", place.text()});
}

}  // namespace dockgate::policy
