#include "proxy/confine/limits.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>

namespace dockgate::proxy::confine {
namespace {

std::string why(const std::string& what) { return what + ": " + std::strerror(errno); }

// Both of them: what is given up is not to be had again.
std::string set_limit(const char* name, __rlimit_resource which, std::uint64_t value) {
  const rlimit limit{.rlim_cur = value, .rlim_max = value};
  if (::setrlimit(which, &limit) == 0) return "";
  return why("cannot set `" + std::string(name) + "` to " + std::to_string(value));
}

void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

std::string set_limits(const policy::Confinement& confinement) {
  const policy::Confinement::Ulimits& limits = confinement.ulimits;

  struct Row {
    const char* name;
    __rlimit_resource which;
    std::optional<std::uint64_t> value;
  };

  const Row rows[] = {{"nofile", RLIMIT_NOFILE, limits.nofile},
                      {"nproc", RLIMIT_NPROC, limits.nproc},
                      {"fsize", RLIMIT_FSIZE, limits.fsize},
                      {"as", RLIMIT_AS, limits.as}};
  if (!limits.nofile) allow_many_descriptors();
  for (const auto& [name, which, value] : rows) {
    std::string problem = value ? set_limit(name, which, *value) : "";
    if (!problem.empty()) return problem;
  }
  return "";
}

std::string hide_memory() {
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return why("cannot hide its memory");
  return set_limit("core", RLIMIT_CORE, 0);
}

std::string renounce_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) return "";
  return why("cannot renounce new privileges");
}

}  // namespace dockgate::proxy::confine
