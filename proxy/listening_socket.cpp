#include "proxy/listening_socket.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

namespace dockgate::proxy {
namespace {

constexpr int backlog = 1024;

std::string why(const std::string& what) { return what + ": " + std::strerror(errno); }

std::optional<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

// Asio and the C library want a pointer to the general type.
const sockaddr* general(const sockaddr_un& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

bool somebody_answers(const std::string& path) {
  const auto address = address_of(path);
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!address || probe < 0) return false;
  const bool answered = ::connect(probe, general(*address), sizeof *address) == 0;
  ::close(probe);
  return answered;
}

// Closed from the first moment; one that is there must be ours and is closed.
std::string make_private(const std::string& folder) {
  struct stat found {};

  const bool made = ::mkdir(folder.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return why("cannot make " + folder);
  if (::lstat(folder.c_str(), &found) != 0 || !S_ISDIR(found.st_mode) ||
      found.st_uid != ::geteuid() || ::chmod(folder.c_str(), 0700) != 0) {
    return folder + " must be a folder of dockgate's own";
  }
  return "";
}

}  // namespace

// The steps of listen_on, each of which may find a problem.
struct Opening {
  const policy::Listen& listen;
  ListeningSocket& socket;
  const std::string& path = listen.unix_address()->path;

  // Two that start at once are told apart by a lock beside the socket.
  std::string lock() {
    const std::string file = path + ".lock";
    socket.lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (socket.lock_ < 0) return why("cannot open " + file);
    if (::flock(socket.lock_, LOCK_EX | LOCK_NB) != 0) return busy();
    return "";
  }

  std::string look_at_what_is_there() {
    struct stat found {};

    if (::lstat(path.c_str(), &found) != 0) return "";
    if (!S_ISSOCK(found.st_mode)) return path + " is there and is no socket";
    return somebody_answers(path) ? busy() : "";
  }

  std::string bind_in(const std::string& folder) {
    const std::string made = folder + "/s";
    const auto address = address_of(made);
    if (!address) return "the path of " + path + " is too long for a socket";
    socket.descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket.descriptor_ < 0) return why("cannot make a socket");
    if (::bind(socket.descriptor_, general(*address), sizeof *address) != 0) {
      return why("cannot bind " + made);
    }
    const std::string problem = set_access(made);
    if (!problem.empty()) return problem;
    if (::listen(socket.descriptor_, backlog) != 0) return why("cannot listen on " + path);

    struct stat bound {};

    if (::stat(made.c_str(), &bound) != 0 || ::rename(made.c_str(), path.c_str()) != 0) {
      return why("cannot put the socket at " + path);
    }
    socket.inode_ = bound.st_ino;
    socket.path_ = path;
    return "";
  }

  std::string set_access(const std::string& made) const {
    if (!listen.group.empty()) {
      const auto group = group_id(listen.group);
      if (!group) return "there is no group `" + listen.group + "`";
      if (::chown(made.c_str(), static_cast<uid_t>(-1), *group) != 0) {
        return why("cannot give " + path + " to group `" + listen.group + "`");
      }
    }
    if (::chmod(made.c_str(), listen.mode) != 0) return why("cannot set the mode of " + path);
    return "";
  }

  std::string busy() const { return "another dockgate is listening on " + path; }
};

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)),
      lock_(std::exchange(other.lock_, -1)),
      inode_(other.inode_) {}

ListeningSocket::~ListeningSocket() {
  struct stat found {};

  const bool ours = !path_.empty() && ::lstat(path_.c_str(), &found) == 0 && found.st_ino == inode_;
  if (ours) ::unlink(path_.c_str());
  if (descriptor_ >= 0) ::close(descriptor_);
  if (lock_ < 0) return;
  if (!path_.empty()) ::unlink((path_ + ".lock").c_str());
  ::close(lock_);
}

std::optional<gid_t> group_id(const std::string& name) {
  gid_t number = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error == std::errc() && stop == name.data() + name.size()) return number;
  const group* const found = ::getgrnam(name.c_str());
  if (found == nullptr) return std::nullopt;
  return found->gr_gid;
}

int ListeningSocket::release() { return std::exchange(descriptor_, -1); }

ListenResult listen_on(const policy::Listen& listen) {
  ListenResult result;
  Opening opening{listen, result.socket};
  const std::filesystem::path folder =
      std::filesystem::path(listen.unix_address()->path).parent_path();
  std::error_code error;
  std::filesystem::create_directories(listen.in_private_folder ? folder.parent_path() : folder,
                                      error);
  if (error) {
    result.problem = "cannot make " + folder.string() + ": " + error.message();
    return result;
  }
  if (listen.in_private_folder) result.problem = make_private(folder.string());
  if (!result.problem.empty()) return result;
  result.problem = opening.lock();
  if (result.problem.empty()) result.problem = opening.look_at_what_is_there();
  if (!result.problem.empty()) return result;
  std::string hidden = (folder / ".dockgate-XXXXXX").string();
  if (::mkdtemp(hidden.data()) == nullptr) {
    result.problem = why("cannot make a folder in " + folder.string());
    return result;
  }
  result.problem = opening.bind_in(hidden);
  std::filesystem::remove_all(hidden, error);
  return result;
}

}  // namespace dockgate::proxy
