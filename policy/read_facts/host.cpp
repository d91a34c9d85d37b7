// Readers of devices, the runtime, the kernel's settings and the log.
#include <string>
#include <string_view>

#include "policy/facts.h"
#include "policy/host_path.h"
#include "policy/json.h"
#include "policy/place.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

void read_pairs(const Json& value, const Place& place, std::vector<AskedPair>& out) {
  out.reserve(out.size() + value.members.size());
  for (const Member& member : value.members) {
    out.push_back({member.key, member.value.text, place.member(member.key).text()});
  }
}

}  // namespace

void read_devices(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Json& device = value.items[i];
    const std::string_view permissions = string_or(device.find("CgroupPermissions"), "");
    facts.devices.push_back({clean_path(string_or(device.find("PathOnHost"), "")),
                             std::string(permissions.empty() ? "rwm" : permissions),
                             place.item(i).text()});
  }
}

void read_device_cgroup_rules(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    facts.device_cgroup_rules.push_back({value.items[i].text, place.item(i).text()});
  }
}

void read_device_requests(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    facts.device_requests.push_back(
        {std::string(string_or(value.items[i].find("Driver"), "")), place.item(i).text()});
  }
}

void read_runtime(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.runtime = Asked{value.text, place.text()};
}

void read_cgroup_parent(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.cgroup_parent = Asked{value.text, place.text()};
}

void read_sysctls(const Json& value, const Place& place, Facts& facts) {
  read_pairs(value, place, facts.sysctls);
}

void read_annotations(const Json& value, const Place& place, Facts& facts) {
  read_pairs(value, place, facts.annotations);
}

void read_log_config(const Json& value, const Place& place, Facts& facts) {
  const std::string_view driver = string_or(value.find("Type"), "");
  if (!driver.empty()) {
    facts.log_driver = Asked{std::string(driver), place.field("Type").text()};
  }
  if (const Json* const options = value.find("Config")) {
    read_pairs(*options, place.field("Config"), facts.log_options);
  }
}

void read_labels(const Json& value, const Place& place, Facts& facts) {
  read_pairs(value, place, facts.labels);
}

}  // namespace dockgate::policy
