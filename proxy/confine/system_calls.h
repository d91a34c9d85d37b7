// Which system calls stay possible, by seccomp(2) and libseccomp.
#pragma once

#include <string>

#include "policy/settings.h"

namespace dockgate::proxy::confine {

// Those that a running dockgate makes, for all threads that there are and will be: sockets that are
// Unix, TCP, UDP or ask the kernel for its addresses, threads and no other processes, memory that
// is never executable. Everything else is what `action` says; `enforce` fails with EPERM. "", or
// what failed.
//
// What fails is in the kernel's audit log, where there is one. It fails rather than kills by
// default because a library that is updated and tries something new must not take the door to the
// Engine away; who would rather have that chooses `kill`.
std::string restrict_system_calls(policy::Confinement::SystemCalls action);

// Of a process that does nothing but tell where links of /proc lead, over a socket that it has.
std::string restrict_to_looking_at_links();

}  // namespace dockgate::proxy::confine
