#include "proxy/confine/user.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "proxy/listening_socket.h"

namespace dockgate::proxy::confine {
namespace {

namespace fs = std::filesystem;

std::string why(const std::string& what) { return what + ": " + std::strerror(errno); }

constexpr unsigned long no_argument = 0;

// The C library has no wrapper for capget(2) and capset(2); libcap would be another library to
// load.
struct Capabilities {
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};

  bool read() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    return ::syscall(SYS_capget, &header, sets.data()) == 0;
  }

  bool write() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    return ::syscall(SYS_capset, &header, sets.data()) == 0;
  }
};

std::uint32_t kept_by(Keep keep) { return keep == Keep::sys_ptrace ? 1U << CAP_SYS_PTRACE : 0; }

bool drop_all_but(Keep keep) {
  Capabilities wanted;
  wanted.sets[0].effective = wanted.sets[0].permitted = kept_by(keep);
  return wanted.write();
}

bool has_only(Keep keep) {
  Capabilities now;
  return now.read() && now.sets[0].permitted == kept_by(keep) && now.sets[1].permitted == 0 &&
         now.sets[0].inheritable == 0 && now.sets[1].inheritable == 0;
}

// No program that is executed, not even root's, gets any. Without the right to do so (in some
// containers) `no_new_privs` alone says that.
void empty_bounding_set() {
  for (unsigned long one = 0; ::prctl(PR_CAPBSET_READ, one, 0, 0, 0) >= 0; ++one) {
    ::prctl(PR_CAPBSET_DROP, one, no_argument, no_argument, no_argument);
  }
  ::prctl(PR_SET_SECUREBITS,
          SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
              SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
          no_argument,
          no_argument,
          no_argument);
}

std::vector<gid_t> groups_now() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  if (!groups.empty() && ::getgroups(static_cast<int>(groups.size()), groups.data()) < 0) return {};
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return groups;
}

bool has_ids(const Identity& identity) {
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  if (::getresuid(&real, &effective, &saved) != 0) return false;
  const bool is_user = real == identity.uid && effective == identity.uid && saved == identity.uid;
  gid_t real_group = 0;
  gid_t effective_group = 0;
  gid_t saved_group = 0;
  if (::getresgid(&real_group, &effective_group, &saved_group) != 0) return false;
  return is_user && real_group == identity.gid && effective_group == identity.gid &&
         saved_group == identity.gid;
}

std::string look_again(const Identity& identity, Keep keep) {
  const std::string still = "root's rights are not gone: ";
  if (!has_ids(identity)) return still + "the ids are others than were set";
  if (groups_now() != identity.groups) return still + "the groups are others than were set";
  if (!has_only(keep)) return still + "there are capabilities";
  const auto root = static_cast<uid_t>(0);
  if (::setresuid(root, root, root) == 0 || ::setuid(root) == 0) return still + "they came back";
  if (::setgroups(0, nullptr) == 0) return still + "groups can be changed";
  return "";
}

void add(gid_t group, Identity& identity) {
  auto& all = identity.groups;
  const auto place = std::lower_bound(all.begin(), all.end(), group);
  if (group != identity.gid && (place == all.end() || *place != group)) all.insert(place, group);
}

std::vector<const policy::Listen*> listeners_of(const policy::Settings& settings) {
  std::vector<const policy::Listen*> out;
  for (const policy::Listen& listen : settings.listen) out.push_back(&listen);
  if (settings.admin) out.push_back(&*settings.admin);
  return out;
}

std::string make_folder(const fs::path& folder, const Identity& identity) {
  std::error_code error;
  if (fs::exists(folder, error)) return "";
  if (std::string problem = make_folder(folder.parent_path(), identity); !problem.empty()) {
    return problem;
  }
  if (::mkdir(folder.c_str(), 0755) != 0) return why("cannot make " + folder.string());
  if (::lchown(folder.c_str(), identity.uid, identity.gid) == 0) return "";
  return why("cannot give " + folder.string() + " away");
}

}  // namespace

certs::Result<Identity> identity_for(const policy::Settings& settings) {
  const policy::Confinement& confinement = settings.confinement;
  Identity identity{.uid = confinement.user->uid, .gid = confinement.user->gid, .groups = {}};

  struct stat engine {};

  if (::stat(settings.engine.path.c_str(), &engine) == 0) {
    const bool as_owner = engine.st_uid == identity.uid;
    if (!as_owner && (engine.st_mode & S_IWGRP) != 0) add(engine.st_gid, identity);
  } else if (confinement.groups.empty()) {
    return certs::mistake("the group of " + settings.engine.path +
                          " is not known, because the Engine is not there: name it under "
                          "`confinement.groups`, or start the Engine first");
  }
  for (const policy::Listen* const listen : listeners_of(settings)) {
    if (listen->group.empty()) continue;
    const auto group = group_id(listen->group);
    if (!group) return certs::mistake("there is no group `" + listen->group + "`");
    add(*group, identity);
  }
  for (const std::uint32_t group : confinement.groups) add(group, identity);
  return identity;
}

std::string make_folders(const policy::Settings& settings, const Identity& identity) {
  for (const policy::Listen* const listen : listeners_of(settings)) {
    const policy::UnixAddress* const address = listen->unix_address();
    if (address == nullptr) continue;
    fs::path folder = fs::path(address->path).parent_path();
    if (listen->in_private_folder) folder = folder.parent_path();
    const std::string problem = make_folder(folder, identity);
    if (!problem.empty()) return problem;
  }
  return "";
}

bool has_sys_ptrace() {
  Capabilities now;
  return now.read() && (now.sets[0].permitted & kept_by(Keep::sys_ptrace)) != 0;
}

bool is_already(const Identity& identity) { return ::geteuid() != 0 && has_ids(identity); }

std::string become(const Identity& identity, Keep keep) {
  const std::string who = std::to_string(identity.uid) + ":" + std::to_string(identity.gid);
  if (::geteuid() != 0) return "only root can become user " + who;
  empty_bounding_set();
  if (keep == Keep::sys_ptrace && ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) {
    return why("cannot keep a capability");
  }
  if (::setgroups(identity.groups.size(), identity.groups.data()) != 0) {
    return why("cannot keep the groups that are needed alone");
  }
  if (::setresgid(identity.gid, identity.gid, identity.gid) != 0 ||
      ::setresuid(identity.uid, identity.uid, identity.uid) != 0) {
    return why("cannot become user " + who);
  }
  if (!drop_all_but(keep)) return why("cannot drop capabilities");
  return look_again(identity, keep);
}

}  // namespace dockgate::proxy::confine
