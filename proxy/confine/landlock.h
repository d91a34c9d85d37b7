// The kernel's Landlock (landlock(7)): a process says once which files and folders it will ever
// open, and which TCP ports it will connect to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dockgate::proxy::confine {

// What may be done in a folder and whatever lies beneath, or with a file.
enum class Use : std::uint8_t {
  read,    // files are read, folders listed
  record,  // files are made, written, renamed and removed: an audit trail
  listen,  // sockets too, and folders of their own
};

struct Access {
  std::string path;  // absolute, of what is there, no link in it
  Use use = Use::read;

  friend bool operator==(const Access&, const Access&) = default;
};

// All that stays possible.
struct Ruleset {
  std::vector<Access> files;
  std::vector<std::uint16_t> ports;       // TCP, to connect to
  bool reaches_abstract_sockets = false;  // Unix sockets of others, that have no path
};

// Which version of it the kernel has; 0: none that is of use. What older ones do not know is not
// restricted: connecting before 4 (Linux 6.7), devices' ioctl before 5 (6.10), signals and abstract
// sockets before 6 (6.12). The first (5.13) cannot move a socket into its place.
int landlock_version();

// For the thread that calls it and those that it will make; `no_new_privs` is set. Opening, making,
// renaming and removing anything else fails from now on with EACCES; what is open stays so. "", or
// what failed.
std::string enforce(const Ruleset& ruleset, int version);

}  // namespace dockgate::proxy::confine
