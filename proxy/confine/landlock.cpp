#include "proxy/confine/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace dockgate::proxy::confine {
namespace {

// linux/landlock.h as it was extended since Linux 6.1, whose headers Debian 12 has.
struct RulesetAttributes {
  std::uint64_t files = 0;
  std::uint64_t network = 0;
  std::uint64_t scopes = 0;
};

struct PortAttributes {
  std::uint64_t allowed = 0;
  std::uint64_t port = 0;
};

constexpr std::uint64_t truncate_file = 1ULL << 14;    // since version 3
constexpr std::uint64_t ioctl_device = 1ULL << 15;     // 5
constexpr std::uint64_t connect_tcp = 1ULL << 1;       // 4
constexpr std::uint64_t abstract_sockets = 1ULL << 0;  // 6
constexpr std::uint64_t signals = 1ULL << 1;           // 6
constexpr int port_rule = 2;

constexpr std::uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t recording = reading | LANDLOCK_ACCESS_FS_WRITE_FILE | truncate_file |
                                    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;
constexpr std::uint64_t listening = recording | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                                    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                    LANDLOCK_ACCESS_FS_REFER;
// Of a file that is no folder.
constexpr std::uint64_t of_a_file =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | truncate_file;

// All that the version knows, executing included, which nothing is allowed.
RulesetAttributes restricted_by(int version, const Ruleset& ruleset) {
  RulesetAttributes out;
  out.files = LANDLOCK_ACCESS_FS_REFER | (LANDLOCK_ACCESS_FS_REFER - 1);
  if (version >= 3) out.files |= truncate_file;
  if (version >= 4) out.network = connect_tcp;
  if (version >= 5) out.files |= ioctl_device;
  if (version >= 6)
    out.scopes = ruleset.reaches_abstract_sockets ? signals : signals | abstract_sockets;
  return out;
}

std::size_t size_for(int version) {
  if (version >= 6) return sizeof(RulesetAttributes);
  return version >= 4 ? offsetof(RulesetAttributes, scopes) : offsetof(RulesetAttributes, network);
}

std::uint64_t rights_of(Use use) {
  if (use == Use::listen) return listening;
  return use == Use::record ? recording : reading;
}

class Descriptor {
 public:
  explicit Descriptor(long number) : number_(static_cast<int>(number)) {}

  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return number_; }

 private:
  int number_;
};

std::string why(const std::string& what) { return what + ": " + std::strerror(errno); }

std::string allow(const Access& access, const RulesetAttributes& restricted, int ruleset) {
  const Descriptor opened(::open(access.path.c_str(), O_PATH | O_CLOEXEC));

  struct stat found {};

  if (opened.get() < 0 || ::fstat(opened.get(), &found) != 0) {
    return why("cannot keep access to " + access.path);
  }
  landlock_path_beneath_attr rule{};
  rule.parent_fd = opened.get();
  rule.allowed_access = rights_of(access.use) & restricted.files;
  if (!S_ISDIR(found.st_mode)) rule.allowed_access &= of_a_file;
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
    return "";
  return why("cannot keep access to " + access.path);
}

std::string allow_port(std::uint16_t port, int ruleset) {
  const PortAttributes rule{.allowed = connect_tcp, .port = port};
  if (::syscall(SYS_landlock_add_rule, ruleset, port_rule, &rule, 0) == 0) return "";
  return why("cannot keep access to port " + std::to_string(port));
}

}  // namespace

int landlock_version() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 2 ? 0 : static_cast<int>(version);
}

std::string enforce(const Ruleset& ruleset, int version) {
  const RulesetAttributes restricted = restricted_by(version, ruleset);
  const Descriptor made(::syscall(SYS_landlock_create_ruleset, &restricted, size_for(version), 0));
  if (made.get() < 0) return why("cannot restrict access to files");
  for (const Access& access : ruleset.files) {
    std::string problem = allow(access, restricted, made.get());
    if (!problem.empty()) return problem;
  }
  for (const std::uint16_t port : ruleset.ports) {
    std::string problem = restricted.network == 0 ? "" : allow_port(port, made.get());
    if (!problem.empty()) return problem;
  }
  if (::syscall(SYS_landlock_restrict_self, made.get(), 0) == 0) return "";
  return why("cannot restrict access to files");
}

}  // namespace dockgate::proxy::confine
