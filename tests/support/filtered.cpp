// Runs a program with a filter of system calls around it, as a supervisor would, or an older
// kernel.
//
//   filtered without NAME PROGRAM…      as on a kernel that does not have it
//   filtered only FILE PROGRAM…         with those alone that the file names, a line each; others
//   kill
#include <seccomp.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iostream>
#include <string>

namespace {

// A machine may not have all of them.
bool add(scmp_filter_ctx filter, std::uint32_t action, const std::string& name) {
  const int call = ::seccomp_syscall_resolve_name(name.c_str());
  return call == __NR_SCMP_ERROR || ::seccomp_rule_add(filter, action, call, 0) == 0;
}

bool add_lines(scmp_filter_ctx filter, const char* file) {
  std::ifstream lines(file);
  for (std::string name; std::getline(lines, name);) {
    if (!add(filter, SCMP_ACT_ALLOW, name)) return false;
  }
  // What runs the program.
  return lines.eof() && add(filter, SCMP_ACT_ALLOW, "execve");
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 2;
  const bool only = arguments[1] == std::string("only");
  const scmp_filter_ctx filter = ::seccomp_init(only ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ALLOW);
  const bool made =
      only ? add_lines(filter, arguments[2]) : add(filter, SCMP_ACT_ERRNO(ENOSYS), arguments[2]);
  if (!made || ::seccomp_load(filter) != 0) return 2;
  ::execv(arguments[3], arguments + 3);
  return 2;
}
