#include <algorithm>

#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {
namespace {

bool covers(const AllowedDevice& allowed, const Device& device) {
  return allowed.path == device.path &&
         device.permissions.find_first_not_of(allowed.permissions) == std::string::npos;
}

}  // namespace

void check_devices(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const auto& listed = policy.container.devices;
  for (const Device& device : facts.devices) {
    const bool allowed =
        std::any_of(listed.begin(), listed.end(), [&device](const AllowedDevice& candidate) {
          return covers(candidate, device);
        });
    if (allowed) continue;
    reasons.add("container.devices",
                device.at,
                device.path + ":" + device.permissions,
                "drop it, or list the device under container.allow.devices");
  }
  // With the default MKNOD capability a rule alone opens the device: mknod, then read.
  for (const Asked& rule : facts.device_cgroup_rules) {
    if (policy.container.device_cgroup_rules.match(rule.value)) continue;
    reasons.add(
        "container.device_cgroup_rules",
        rule.at,
        rule.value,
        drop_or_list(
            "container.allow.device_cgroup_rules", policy.container.device_cgroup_rules, policy));
  }
  for (const Asked& request : facts.device_requests) {
    const std::string driver = request.value.empty() ? "any driver" : request.value;
    if (policy.container.device_requests.match(request.value)) continue;
    reasons.add(
        "container.device_requests",
        request.at,
        driver,
        drop_or_list("container.allow.device_requests", policy.container.device_requests, policy));
  }
}

}  // namespace dockgate::policy
