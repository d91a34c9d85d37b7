#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {

// A volume is safe as long as its driver is: drivers run as root on the host, and the local one
// passes its options on to mount(2).
void check_volumes(const Facts& facts, const Policy& policy, Reasons& reasons) {
  for (const Asked& driver : facts.volume_drivers) {
    if (policy.volume.driver.match(driver.value)) continue;
    reasons.add("volume.driver",
                driver.at,
                driver.value,
                drop_or_list("volume.allow.driver", policy.volume.driver, policy));
  }
  for (const AskedPair& option : facts.volume_options) {
    const std::string asked = option.key + "=" + option.value;
    if (policy.volume.driver_opts.match(asked)) continue;
    reasons.add("volume.driver_opts",
                option.at,
                asked,
                drop_or_list("volume.allow.driver_opts", policy.volume.driver_opts, policy));
  }
  for (const Asked& mount : facts.odd_mounts) {
    reasons.add("container.mount_type",
                mount.at,
                mount.value,
                "mount a volume, tmpfs, image or bind in the form the Engine documents");
  }
}

}  // namespace dockgate::policy
