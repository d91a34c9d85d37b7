#include "proxy/host_paths.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

namespace dockgate::proxy {
namespace {

// Debian 12's C library has no wrapper for it (openat2(2), Linux 5.6). Links that begin at `/`
// begin at the root that was given; those that the kernel makes up in /proc are not followed.
int open_below(int root, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
}

// What the kernel calls the file that is open.
std::optional<std::string> name_of(int descriptor) {
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  std::array<char, PATH_MAX> name{};
  const ssize_t length = ::readlink(link.c_str(), name.data(), name.size());
  if (length <= 0 || length == static_cast<ssize_t>(name.size())) return std::nullopt;
  return std::string(name.data(), static_cast<std::size_t>(length));
}

}  // namespace

HostPaths::HostPaths(const std::string& root) {
  if (root.empty()) return;
  root_ = ::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root_ < 0) return;
  const auto name = name_of(root_);
  if (name && *name != "/") prefix_ = *name;
}

HostPaths::~HostPaths() {
  if (root_ >= 0) ::close(root_);
}

std::optional<std::string> HostPaths::existing(const std::string& path) const {
  const int found = open_below(root_, path);
  if (found < 0) return std::nullopt;
  auto name = name_of(found);

  struct stat state {};

  const bool there = ::fstat(found, &state) == 0 && state.st_nlink > 0;
  ::close(found);
  if (!there || !name || name->compare(0, prefix_.size(), prefix_) != 0) {
    errno = EXDEV;
    return std::nullopt;
  }
  name->erase(0, prefix_.size());
  return name->empty() ? "/" : *name;
}

// Of a path whose end does not open: whether something stands there all the same.
bool HostPaths::is_link(const std::string& path) const {
  open_how how{};
  how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const auto found =
      static_cast<int>(::syscall(SYS_openat2, root_, path.c_str(), &how, sizeof how));
  if (found < 0) return false;
  ::close(found);
  return true;
}

std::optional<std::string> HostPaths::follow(const std::string& path) const {
  if (root_ < 0 || path.empty() || path.front() != '/') return std::nullopt;
  std::string rest;
  std::string base = path;
  while (true) {
    if (const auto found = existing(base)) {
      if (rest.empty()) return found;
      return (*found == "/" ? "" : *found) + rest;
    }
    if (errno != ENOENT || base == "/" || is_link(base)) return std::nullopt;
    const std::size_t slash = base.rfind('/');
    rest.insert(0, base, slash, std::string::npos);
    base.resize(slash == 0 ? 1 : slash);
  }
}

}  // namespace dockgate::proxy
