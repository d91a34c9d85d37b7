#include "proxy/confine/confinement.h"

#include <openssl/crypto.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "proxy/confine/file_access.h"
#include "proxy/confine/limits.h"
#include "proxy/confine/system_calls.h"
#include "proxy/confine/user.h"

namespace dockgate::proxy::confine {
namespace {

using Calls = policy::Confinement::SystemCalls;
using Files = policy::Confinement::FileAccess;

std::string text_of(const Identity& identity) {
  std::string out =
      "user " + std::to_string(identity.uid) + ", group " + std::to_string(identity.gid);
  for (const gid_t group : identity.groups) out += ", " + std::to_string(group);
  return out + ", no capabilities";
}

std::string text_of(const policy::Confinement& confinement, int landlock) {
  std::string out = confinement.no_new_privileges ? "; no new privileges" : "";
  out += confinement.dumpable ? "" : "; no dumps";
  out += "; system calls ";
  out += confinement.system_calls == Calls::off   ? "not restricted"
         : confinement.system_calls == Calls::log ? "logged"
                                                  : "restricted";
  out += "; file access ";
  out +=
      landlock == 0 ? "not restricted" : "restricted (Landlock " + std::to_string(landlock) + ")";
  return out;
}

// OpenSSL reads its configuration when it is first used.
void read_what_libraries_read() { ::OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, nullptr); }

std::string warning_for(const policy::Confinement& confinement, int landlock) {
  if (::geteuid() == 0) {
    return "running as root: with `confinement: { user: … }` dockgate needs no more than the group "
           "of the Engine's socket";
  }
  if (confinement.file_access == Files::best_effort && landlock == 0) {
    return "this kernel's Landlock is missing or too old: access to files is not restricted";
  }
  return "";
}

}  // namespace

std::string Confinement::open_files_only_of(const policy::Settings& settings) {
  ruleset_ = ruleset_for(settings, files_);
  std::vector<Access> there;
  for (Access& access : ruleset_.files) {
    if (::access(access.path.c_str(), F_OK) == 0) there.push_back(std::move(access));
  }
  ruleset_.files = std::move(there);
  return enforce(ruleset_, landlock_);
}

certs::Result<Confinement> Confinement::enter(const policy::Settings& settings,
                                              std::vector<std::string> files) {
  const policy::Confinement& wanted = settings.confinement;
  Confinement out;
  out.files_ = std::move(files);
  if (wanted.file_access != Files::off) out.landlock_ = landlock_version();
  if (wanted.file_access == Files::enforce && out.landlock_ == 0) {
    return certs::mistake(
        "`confinement.file_access: enforce` needs Landlock 2 (Linux 5.19), which "
        "this kernel does not have or has turned off: say `best_effort`");
  }
  std::optional<Identity> identity;
  if (wanted.user) {
    auto found = identity_for(settings);
    if (!found) return found.error();
    if (!is_already(*found)) identity = std::move(*found);
  }
  out.executables_ = std::make_unique<Executables>();
  if (identity || out.landlock_ != 0) {
    auto outside = Executables::from_outside(identity ? &*identity : nullptr);
    if (!outside) return outside.error();
    out.executables_ = std::make_unique<Executables>(std::move(*outside));
  }
  read_what_libraries_read();
  std::string problem = set_limits(wanted);
  const Identity as_now{.uid = ::geteuid(), .gid = ::getegid(), .groups = {}};
  if (problem.empty()) problem = make_folders(settings, identity ? *identity : as_now);
  if (problem.empty() && identity) problem = become(*identity, Keep::nothing);
  if (problem.empty() && !wanted.dumpable) problem = hide_memory();
  if (problem.empty() && wanted.no_new_privileges) problem = renounce_new_privileges();
  if (problem.empty() && out.landlock_ != 0) problem = out.open_files_only_of(settings);
  if (problem.empty()) problem = restrict_system_calls(wanted.system_calls);
  if (problem.empty()) problem = out.executables_->wait_until_confined();
  if (!problem.empty()) return certs::mistake(problem);
  out.text_ = (identity ? text_of(*identity) : "user " + std::to_string(::geteuid())) +
              text_of(wanted, out.landlock_);
  out.warning_ = warning_for(wanted, out.landlock_);
  return out;
}

std::string Confinement::objection_to(const policy::Settings& wanted) const {
  if (landlock_ == 0) return "";
  const std::string missing = what_is_missing(ruleset_, ruleset_for(wanted, files_));
  if (missing.empty()) return "";
  return "since it started dockgate opens nothing but what its settings named then, and they did "
         "not "
         "name " +
         missing + ": restart it, or set it back";
}

bool Confinement::finds_names() const {
  return landlock_ == 0 || what_is_missing(ruleset_, {.files = {{"/etc", Use::read}}}).empty();
}

}  // namespace dockgate::proxy::confine
