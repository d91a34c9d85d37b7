// A Unix socket to listen on, made so that it is never for an instant more open than asked.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "policy/settings.h"

namespace dockgate::proxy {

// Holds the socket and its place in the file system: removed at the end, if still ours.
class ListeningSocket {
 public:
  ListeningSocket() = default;
  ~ListeningSocket();
  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&&) = delete;

  // The descriptor, non-blocking and listening; the caller's from now on.
  int release();

 private:
  friend struct ListenResult;
  friend struct Opening;

  std::string path_;
  int descriptor_ = -1;
  int lock_ = -1;
  unsigned long inode_ = 0;
};

struct ListenResult {
  ListeningSocket socket;
  std::string problem;  // "": it listens
};

// For the address of a Unix socket alone. Makes the folder where it is missing (0755), the socket
// with its mode and group in a folder of its own that only this user can enter, and then moves it
// into place in one step. A socket that nobody answers on is replaced; one that somebody answers on
// is a problem.
ListenResult listen_on(const policy::Listen& listen);

// Of a group's name or number.
std::optional<gid_t> group_id(const std::string& name);

}  // namespace dockgate::proxy
