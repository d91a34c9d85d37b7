#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {

// Files of a container, and its frozen state, which lies in a folder of the host.
void check_copies(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const ContainerAllow& allow = policy.container;
  refuse_unlisted(
      {"container", "archive_path", allow.archive_path}, facts.archive_path, policy, reasons);
  // Programs that unpack it may be the container's own, and would run as root on the host.
  if (facts.odd_archive && !allow.compressed_archive) {
    reasons.add("container.compressed_archive",
                facts.odd_archive->at,
                facts.odd_archive->value,
                "send it unpacked, as `docker cp` does");
  }
  if (facts.checkpoint && !allow.checkpoint) {
    reasons.add("container.checkpoint",
                facts.checkpoint->at,
                facts.checkpoint->value,
                "start the container from its image");
  }
  refuse_unlisted(
      {"container", "checkpoint_dir", allow.checkpoint_dir}, facts.checkpoint_dir, policy, reasons);
}

}  // namespace dockgate::policy
