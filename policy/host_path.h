// Host paths, as text: what a bind source is once the Engine has cleaned it, and whether it leads
// to a container runtime's socket.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"

namespace dockgate::policy {

// As Go's filepath.Clean: no empty, `.` or `..` components, no slash at the end. Absolute paths
// only; any other text is returned as it is.
std::string clean_path(std::string_view path);

// Whether `path` is `root` or lies beneath it. Both clean. Whole components: /srv/data-evil does
// not lie beneath /srv/data.
bool is_beneath(std::string_view path, std::string_view root);

// Sockets of container runtimes that are guarded without being configured, as far as they have one
// path.
std::vector<std::string_view> well_known_sockets();

// The runtime socket that a mount of `path` would let a container reach, or "": because the path
// is the socket, is a folder on the way to it, or goes through /proc to wherever it likes.
// `path` is clean; `configured` are sockets beyond the well-known ones. Symbolic links other than
// /var/run and /var/lock are not seen here.
std::string reachable_socket(std::string_view path, std::span<const std::string> configured);

// What a mount of `path` would reach that no pattern may allow, or "": /proc, /sys, /dev, the data
// of container runtimes (the Engine's own by `engine_data_root`, "" where it is not known), and
// `guarded`, with what is named after it and a dot. `path` is clean.
std::string guard_of(std::string_view path,
                     std::span<const GuardedPath> guarded,
                     std::string_view engine_data_root);

}  // namespace dockgate::policy
