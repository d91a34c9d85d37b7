// Where paths of the host lead: every symbolic link followed, as the kernel would follow it for the
// Engine. Looks, and never opens for reading or writing.
#pragma once

#include <optional>
#include <string>

namespace dockgate::proxy {

class HostPaths {
 public:
  // `root` is where the host's file system is seen: `/`, or where it is mounted; "" where it is
  // not, and then nothing is ever found.
  explicit HostPaths(const std::string& root);
  ~HostPaths();
  HostPaths(const HostPaths&) = delete;
  HostPaths& operator=(const HostPaths&) = delete;

  // Whether the root is there. What is asked of one that is not has no answer.
  bool can_see() const { return root_ >= 0; }

  // The path that `path` (absolute, clean) comes to; what does not exist yet lies where its
  // nearest existing folder leads. Nothing where the way goes through a link to nowhere, through
  // one of /proc's doors, or cannot be looked at.
  std::optional<std::string> follow(const std::string& path) const;

 private:
  std::optional<std::string> existing(const std::string& path) const;
  bool is_link(const std::string& path) const;

  std::string prefix_;  // of what the kernel calls paths below the root
  int root_ = -1;
};

}  // namespace dockgate::proxy
