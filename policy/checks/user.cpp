#include <algorithm>

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

// Whether the policy lists the user together with its group, as `1000:27`.
bool lists_with_group(const Patterns& listed, const std::string& user) {
  return std::any_of(listed.all.begin(), listed.all.end(), [&user](const std::string& pattern) {
    return pattern.find(':') != std::string::npos && glob_matches(pattern, user);
  });
}

// `1000:27` is in a group as `group_add: 27` is. A group of the user's own name or number adds
// nothing to what the user is.
void check_group_of_user(const Facts& facts,
                         const Patterns& listed_users,
                         const Policy& policy,
                         Reasons& reasons) {
  if (!facts.user) return;
  const std::string& user = facts.user->value;
  const std::size_t colon = user.find(':');
  if (colon == std::string::npos || lists_with_group(listed_users, user)) return;
  const std::string group = user.substr(colon + 1);
  if (group.empty() || group == user.substr(0, colon)) return;
  refuse_unlisted({"container", "group_add", policy.container.group_add},
                  Asked{group, facts.user->at},
                  policy,
                  reasons);
}

}  // namespace

// Who a process runs as, and where it begins.
void check_user(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const bool exec = facts.of == Facts::Of::exec;
  const std::string_view part = exec ? "exec" : "container";
  const Patterns& user = exec ? policy.exec.user : policy.container.user;
  const Patterns& working_dir = exec ? policy.exec.working_dir : policy.container.working_dir;
  refuse_unlisted({part, "user", user}, facts.user, policy, reasons);
  check_group_of_user(facts, user, policy, reasons);
  refuse_unlisted(
      {"container", "group_add", policy.container.group_add}, facts.group_add, policy, reasons);
  if (!facts.working_dir) return;
  if (leads_into_proc(facts.working_dir->value)) {
    reasons.add(std::string(part) + ".working_dir",
                facts.working_dir->at,
                facts.working_dir->value,
                "work in a directory of the container");
    return;
  }
  refuse_unlisted({part, "working_dir", working_dir}, facts.working_dir, policy, reasons);
}

}  // namespace dockgate::policy
