#include <algorithm>
#include <string>

#include "policy/checks/checks.h"
#include "policy/checks/mends.h"
#include "policy/shown_option.h"

namespace dockgate::policy {
namespace {

// `o` is what mount(8) has after -o: every word of it must be listed, or `size=1m,bind` would pass
// for a size.
bool is_listed(const AskedPair& option, const Patterns& listed) {
  if (option.key != "o") return listed.match(option.key + "=" + option.value);
  for (std::size_t begin = 0; begin <= option.value.size();) {
    const std::size_t end = std::min(option.value.find(',', begin), option.value.size());
    if (!listed.match("o=" + option.value.substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

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
    if (is_listed(option, policy.volume.driver_opts)) continue;
    reasons.add("volume.driver_opts",
                option.at,
                shown_option(option),
                drop_or_list("volume.allow.driver_opts", policy.volume.driver_opts, policy));
  }
  if (facts.prune_named_volumes && !policy.volume.prune_named) {
    reasons.add("volume.prune_named",
                facts.prune_named_volumes->at,
                facts.prune_named_volumes->value,
                "prune with API 1.42 or newer and without `all`, or remove volumes by name");
  }
  // What a storage plugin of the swarm mounts on whichever node a task runs.
  for (const Asked& volume : facts.cluster_volumes) {
    if (policy.volume.cluster) break;
    reasons.add("volume.cluster",
                volume.at,
                volume.value,
                "use a volume of the host, or set volume.allow.cluster");
  }
  for (const Asked& source : facts.odd_sources) {
    reasons.add(Refusal::malformed,
                "container.bind_mounts",
                source.at,
                source.value,
                "name what is bound by its absolute path, which begins with /");
  }
  for (const Asked& mount : facts.odd_mounts) {
    reasons.add("container.mount_type",
                mount.at,
                mount.value,
                "mount a volume, tmpfs, image or bind in the form the Engine documents");
  }
}

}  // namespace dockgate::policy
