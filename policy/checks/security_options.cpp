#include "policy/checks/checks.h"
#include "policy/checks/mends.h"

namespace dockgate::policy {
namespace {

// The spelling that policies list. A seccomp profile comes as JSON text in the request, and can
// say that everything is allowed: it is `seccomp=inline`, whatever it says.
std::string spelling(const SecurityOption& option) {
  if (option.key == "seccomp" && option.value != "unconfined") return "seccomp=inline";
  return option.value.empty() ? option.key : option.key + "=" + option.value;
}

// What leaves or tightens the Engine's default needs no listing.
bool is_harmless(const SecurityOption& option) {
  if (option.key == "no-new-privileges") return option.value == "true";
  if (option.key == "seccomp") return option.value.empty() || option.value == "builtin";
  return false;
}

}  // namespace

void check_security_options(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const Patterns& listed = policy.container.security_opt;
  for (const SecurityOption& option : facts.security_opt) {
    const std::string asked = spelling(option);
    if (is_harmless(option) || listed.match(asked)) continue;
    reasons.add("container.security_opt",
                option.at,
                asked,
                drop_or_list("container.allow.security_opt", listed, policy));
  }
  if (facts.masked_paths && !policy.container.masked_paths) {
    reasons.add("container.masked_paths",
                facts.masked_paths->at,
                facts.masked_paths->value,
                "leave /proc and /sys as the Engine masks them, without systempaths=unconfined");
  }
  if (facts.readonly_paths && !policy.container.readonly_paths) {
    reasons.add("container.readonly_paths",
                facts.readonly_paths->at,
                facts.readonly_paths->value,
                "leave /proc write-protected as the Engine does, without systempaths=unconfined");
  }
}

}  // namespace dockgate::policy
