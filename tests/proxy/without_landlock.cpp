// Runs a program as on a kernel without Landlock.
#include <seccomp.h>
#include <unistd.h>

#include <cerrno>

int main(int, char** arguments) {
  const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
  const int call = SCMP_SYS(landlock_create_ruleset);
  if (filter == nullptr || ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), call, 0) != 0 ||
      ::seccomp_load(filter) != 0) {
    return 1;
  }
  ::execv(arguments[1], arguments + 1);
  return 1;
}
