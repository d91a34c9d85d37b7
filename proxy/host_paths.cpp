#include "proxy/host_paths.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <string_view>
#include <vector>

namespace dockgate::proxy {
namespace {

constexpr int most_links = 40;  // as the kernel has it

// Debian 12's C library has no wrapper for it (openat2(2), Linux 5.6). The path is taken below the
// root and may hold no link but its last component, which is not followed: one that is planted in
// between stops the way instead of leading it.
int open_below(int root, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS;
  return static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how));
}

// One component, opened: what it is, and what a link says.
struct Step {
  enum class Kind : unsigned char { plain, link, missing, closed };

  Kind kind = Kind::closed;
  std::string target;
};

// The links of /proc say one thing and lead to another: none is followed.
bool is_of_proc(int descriptor) {
  struct statfs system {};

  return ::fstatfs(descriptor, &system) != 0 || system.f_type == PROC_SUPER_MAGIC;
}

Step look_at(int root, const std::string& path) {
  const int found = open_below(root, path);
  if (found < 0) return {errno == ENOENT ? Step::Kind::missing : Step::Kind::closed, ""};
  Step step;

  struct stat state {};

  if (::fstat(found, &state) == 0) {
    if (!S_ISLNK(state.st_mode)) {
      step.kind = Step::Kind::plain;
    } else if (!is_of_proc(found)) {
      std::array<char, PATH_MAX> text{};
      const ssize_t length = ::readlinkat(found, "", text.data(), text.size());
      if (length > 0 && length < static_cast<ssize_t>(text.size())) {
        step.kind = Step::Kind::link;
        step.target.assign(text.data(), static_cast<std::size_t>(length));
      }
    }
  }
  ::close(found);
  return step;
}

// The components that are still to be walked, the next one last.
class Pending {
 public:
  explicit Pending(std::string_view path) { add(path); }

  void add(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
      const std::size_t slash = std::min(path.find('/'), path.size());
      if (slash != 0) parts.emplace_back(path.substr(0, slash));
      path.remove_prefix(std::min(slash + 1, path.size()));
    }
    parts_.insert(parts_.end(), parts.rbegin(), parts.rend());
  }

  bool empty() const { return parts_.empty(); }

  std::size_t size() const { return parts_.size(); }

  std::string take() {
    std::string part = std::move(parts_.back());
    parts_.pop_back();
    return part;
  }

 private:
  std::vector<std::string> parts_;
};

void go_up(std::string& at) { at.resize(at.empty() ? 0 : at.rfind('/')); }

}  // namespace

HostPaths::HostPaths(const std::string& root) {
  if (root.empty()) return;
  root_ = ::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

HostPaths::~HostPaths() {
  if (root_ >= 0) ::close(root_);
}

std::optional<policy::WayOnHost> HostPaths::follow(const std::string& path) const {
  if (root_ < 0 || path.empty() || path.front() != '/') return std::nullopt;
  policy::WayOnHost way;
  std::string at;  // without links; "": the root
  Pending pending(path);
  std::size_t own = pending.size();  // so many of them are the path's, and no link's
  int links = 0;
  while (!pending.empty()) {
    const bool is_own = pending.size() <= own;
    const std::string part = pending.take();
    own = std::min(own, pending.size());
    if (part == ".") continue;
    if (part == "..") {
      go_up(at);
      continue;
    }
    const std::string here = at + "/" + part;
    way.places.push_back(here);
    const Step step = look_at(root_, here);
    if (step.kind == Step::Kind::link) {
      if (++links > most_links) return std::nullopt;
      if (step.target.front() == '/') at.clear();
      pending.add(step.target);
    } else if (step.kind == Step::Kind::plain || (step.kind == Step::Kind::missing && is_own)) {
      at = here;
    } else {
      return std::nullopt;
    }
  }
  way.end = at.empty() ? "/" : at;
  return way;
}

}  // namespace dockgate::proxy
