// Becoming somebody else than root, for good.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "certs/result.h"
#include "policy/settings.h"

namespace dockgate::proxy::confine {

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // beside it, sorted: exactly these are kept
};

// Who `confinement.user` is, with the groups that he needs: that of the Engine's socket, where the
// socket is for its group, those that listeners are given to, and `confinement.groups`.
certs::Result<Identity> identity_for(const policy::Settings& settings);

// Makes the folders of listeners' sockets where they are missing, and gives them to that user: a
// folder of root's would keep him from making sockets in it, and from removing them. "", or what
// failed.
std::string make_folders(const policy::Settings& settings, const Identity& identity);

// What is kept of root's capabilities: the one to look at other users' processes, by who has it.
enum class Keep : unsigned char { nothing, sys_ptrace };

bool has_sys_ptrace();

// For the whole process, before it has threads. Looks afterwards whether it is so, and that there
// is no way back. "", or what failed: then the process is not to go on.
std::string become(const Identity& identity, Keep keep);

// Whether the process is that already, and no more: the identity of who started it.
bool is_already(const Identity& identity);

}  // namespace dockgate::proxy::confine
