#include "policy/checks/checks.h"
#include "policy/checks/mends.h"
#include "policy/host_path.h"

namespace dockgate::policy {
namespace {

// A working directory below /proc reaches descriptors that the runtime has open (CVE-2024-21626).
bool leads_into_proc(const std::string& directory) {
  const std::string path = clean_path(directory);
  return is_beneath(path, "/proc") || is_beneath(path, "/dev/fd");
}

}  // namespace

void check_user(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const ContainerAllow& allow = policy.container;
  if (facts.user && !allow.user.match(facts.user->value)) {
    reasons.add("container.user",
                facts.user->at,
                facts.user->value,
                drop_or_list("container.allow.user", allow.user, policy));
  }
  for (const Asked& group : facts.group_add) {
    if (allow.group_add.match(group.value)) continue;
    reasons.add("container.group_add",
                group.at,
                group.value,
                drop_or_list("container.allow.group_add", allow.group_add, policy));
  }
  if (facts.working_dir && leads_into_proc(facts.working_dir->value)) {
    reasons.add("container.working_dir",
                facts.working_dir->at,
                facts.working_dir->value,
                "work in a directory of the container");
  }
}

}  // namespace dockgate::policy
