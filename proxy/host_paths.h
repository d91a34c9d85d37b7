// Where paths of the host lead: every symbolic link followed, as the kernel would follow it for the
// Engine. Looks, and never opens for reading or writing.
#pragma once

#include <optional>
#include <string>

#include "policy/facts.h"

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

  // Where `path` (absolute, clean) leads, component by component; what does not exist yet lies
  // where its nearest existing folder leads. Nothing where the way goes through a link to nowhere
  // or one of /proc's links, or cannot be looked at.
  std::optional<policy::WayOnHost> follow(const std::string& path) const;

 private:
  int root_ = -1;
};

}  // namespace dockgate::proxy
