#include "proxy/confine/system_calls.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

namespace dockgate::proxy::confine {
namespace {

using Calls = std::span<const int>;

// Names that a machine does not have are left out of its filter.
constexpr int waiting[] = {SCMP_SYS(epoll_create1),
                           SCMP_SYS(epoll_ctl),
                           SCMP_SYS(epoll_wait),
                           SCMP_SYS(epoll_pwait),
                           SCMP_SYS(eventfd2),
                           SCMP_SYS(timerfd_create),
                           SCMP_SYS(timerfd_settime),
                           SCMP_SYS(poll),
                           SCMP_SYS(ppoll),
                           SCMP_SYS(pselect6),
                           SCMP_SYS(select),
                           SCMP_SYS(nanosleep),
                           SCMP_SYS(clock_nanosleep),
                           SCMP_SYS(restart_syscall),
                           SCMP_SYS(futex)};

constexpr int sockets[] = {SCMP_SYS(bind),
                           SCMP_SYS(listen),
                           SCMP_SYS(accept),
                           SCMP_SYS(accept4),
                           SCMP_SYS(connect),
                           SCMP_SYS(getsockname),
                           SCMP_SYS(getpeername),
                           SCMP_SYS(getsockopt),
                           SCMP_SYS(setsockopt),
                           SCMP_SYS(shutdown),
                           SCMP_SYS(sendto),
                           SCMP_SYS(recvfrom),
                           SCMP_SYS(sendmsg),
                           SCMP_SYS(recvmsg),
                           SCMP_SYS(sendmmsg),
                           SCMP_SYS(recvmmsg)};

constexpr int files[] = {
    SCMP_SYS(read),      SCMP_SYS(write),      SCMP_SYS(readv),      SCMP_SYS(writev),
    SCMP_SYS(pread64),   SCMP_SYS(pwrite64),   SCMP_SYS(close),      SCMP_SYS(open),
    SCMP_SYS(openat),    SCMP_SYS(openat2),    SCMP_SYS(fstat),      SCMP_SYS(stat),
    SCMP_SYS(lstat),     SCMP_SYS(newfstatat), SCMP_SYS(statx),      SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),   SCMP_SYS(lseek),      SCMP_SYS(fsync),      SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate), SCMP_SYS(rename),     SCMP_SYS(renameat),   SCMP_SYS(renameat2),
    SCMP_SYS(unlink),    SCMP_SYS(unlinkat),   SCMP_SYS(mkdir),      SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),     SCMP_SYS(chmod),      SCMP_SYS(fchmod),     SCMP_SYS(fchmodat),
    SCMP_SYS(chown),     SCMP_SYS(fchown),     SCMP_SYS(lchown),     SCMP_SYS(fchownat),
    SCMP_SYS(flock),     SCMP_SYS(access),     SCMP_SYS(faccessat),  SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),  SCMP_SYS(readlinkat), SCMP_SYS(getdents64), SCMP_SYS(getcwd),
    SCMP_SYS(dup),       SCMP_SYS(pipe2),      SCMP_SYS(umask),      SCMP_SYS(memfd_create),
    SCMP_SYS(fadvise64)};

constexpr int process[] = {
    SCMP_SYS(brk),           SCMP_SYS(munmap),       SCMP_SYS(mremap),
    SCMP_SYS(madvise),       SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),  SCMP_SYS(sigaltstack),  SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),          SCMP_SYS(exit),         SCMP_SYS(exit_group),
    SCMP_SYS(gettid),        SCMP_SYS(getpid),       SCMP_SYS(getppid),
    SCMP_SYS(getuid),        SCMP_SYS(geteuid),      SCMP_SYS(getgid),
    SCMP_SYS(getegid),       SCMP_SYS(sched_yield),  SCMP_SYS(sched_getaffinity),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday),
    SCMP_SYS(time),          SCMP_SYS(times),        SCMP_SYS(getrusage),
    SCMP_SYS(getrlimit),     SCMP_SYS(uname),        SCMP_SYS(sysinfo),
    SCMP_SYS(getcpu),        SCMP_SYS(getrandom),    SCMP_SYS(membarrier)};

constexpr int looking[] = {SCMP_SYS(recvfrom),
                           SCMP_SYS(sendto),
                           SCMP_SYS(readlink),
                           SCMP_SYS(readlinkat),
                           SCMP_SYS(exit),
                           SCMP_SYS(exit_group),
                           SCMP_SYS(rt_sigreturn)};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define DOCKGATE_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DOCKGATE_SANITIZED 1
#endif
#endif

// At its end a build with sanitizers stops its threads from another process to look for leaks; the
// thread sanitizer's own thread goes on in a process that is forked, and sleeps.
#ifdef DOCKGATE_SANITIZED
constexpr int of_sanitizers[] = {SCMP_SYS(clone),
                                 SCMP_SYS(ptrace),
                                 SCMP_SYS(wait4),
                                 SCMP_SYS(prctl),
                                 SCMP_SYS(tgkill),
                                 SCMP_SYS(prlimit64),
                                 SCMP_SYS(getpgrp),
                                 SCMP_SYS(setrlimit),
                                 SCMP_SYS(fcntl),
                                 SCMP_SYS(dup2),
                                 SCMP_SYS(personality),
                                 SCMP_SYS(kill),
                                 SCMP_SYS(getdents),
                                 SCMP_SYS(rt_sigtimedwait)};
#endif

// An int's upper half is nobody's: callers leave in it what was there.
constexpr std::uint64_t an_int = 0xffffffff;

scmp_arg_cmp is(unsigned argument, std::uint64_t mask, std::uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

// A filter that is being made; the first failure stays.
class Filter {
 public:
  explicit Filter(std::uint32_t otherwise)
      : filter_(::seccomp_init(otherwise), &::seccomp_release) {
    set(SCMP_FLTATR_CTL_TSYNC, 1);
    set(SCMP_FLTATR_CTL_OPTIMIZE, 2);  // a tree, not a row: no call pays for the others
  }

  void set(scmp_filter_attr attribute, std::uint32_t value) {
    note(filter_ == nullptr ? -ENOMEM : ::seccomp_attr_set(filter_.get(), attribute, value));
  }

  void allow(Calls calls) {
    for (const int call : calls) allow(call, {});
  }

  void allow(int call, const std::vector<scmp_arg_cmp>& where) { add(SCMP_ACT_ALLOW, call, where); }

  void add(std::uint32_t action, int call, const std::vector<scmp_arg_cmp>& where) {
    if (failed_ != 0) return;
    note(::seccomp_rule_add_array(
        filter_.get(), action, call, static_cast<unsigned>(where.size()), where.data()));
  }

  std::string load() {
    if (failed_ == 0) note(::seccomp_load(filter_.get()));
    if (failed_ == 0) return "";
    return std::string("cannot restrict system calls: ") + std::strerror(-failed_);
  }

 private:
  void note(int result) {
    if (failed_ == 0 && result < 0) failed_ = result;
  }

  std::unique_ptr<void, decltype(&::seccomp_release)> filter_;
  int failed_ = 0;
};

void allow_sockets(Filter& filter) {
  struct Kind {
    int family;
    int type;
    int protocol;
  };

  constexpr Kind kinds[] = {
      {AF_UNIX, SOCK_STREAM, 0},
      {AF_UNIX, SOCK_DGRAM, 0},
      {AF_INET, SOCK_STREAM, 0},
      {AF_INET, SOCK_STREAM, IPPROTO_TCP},
      {AF_INET, SOCK_DGRAM, 0},
      {AF_INET, SOCK_DGRAM, IPPROTO_UDP},
      {AF_INET6, SOCK_STREAM, 0},
      {AF_INET6, SOCK_STREAM, IPPROTO_TCP},
      {AF_INET6, SOCK_DGRAM, 0},
      {AF_INET6, SOCK_DGRAM, IPPROTO_UDP},
      // Which addresses this machine has, asked by getaddrinfo(3).
      {AF_NETLINK, SOCK_RAW, NETLINK_ROUTE},
  };
  constexpr std::uint64_t type_alone = an_int & ~std::uint64_t{SOCK_CLOEXEC | SOCK_NONBLOCK};
  for (const auto& [family, type, protocol] : kinds) {
    filter.allow(SCMP_SYS(socket),
                 {is(0, an_int, static_cast<std::uint64_t>(family)),
                  is(1, type_alone, static_cast<std::uint64_t>(type)),
                  is(2, an_int, static_cast<std::uint64_t>(protocol))});
  }
}

// Threads of this process, in the namespaces that it is in. The flags of clone3(2) stand in memory,
// where no filter can read them: the C library is told that there is no such call, and uses
// clone(2).
void allow_threads(Filter& filter) {
  constexpr std::uint64_t flags = CLONE_THREAD | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                  CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
  filter.allow(SCMP_SYS(clone), {is(0, flags, CLONE_THREAD)});
  filter.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), {});
  // What abort(3) sends itself.
  filter.allow(SCMP_SYS(tgkill), {is(0, an_int, static_cast<std::uint64_t>(::getpid()))});
}

void allow_by_arguments(Filter& filter) {
  allow_sockets(filter);
  allow_threads(filter);
  filter.allow(SCMP_SYS(mmap), {is(2, PROT_EXEC, 0)});
  filter.allow(SCMP_SYS(mprotect), {is(2, PROT_EXEC, 0)});
  // Limits are looked at, and none is set.
  filter.allow(SCMP_SYS(prlimit64), {is(0, an_int, 0), is(2, ~std::uint64_t{0}, 0)});
  for (const int option : {PR_SET_NAME, PR_GET_DUMPABLE}) {
    filter.allow(SCMP_SYS(prctl), {is(0, an_int, static_cast<std::uint64_t>(option))});
  }
  for (const int request : {FIONBIO, FIONREAD, TCGETS}) {
    filter.allow(SCMP_SYS(ioctl), {is(1, an_int, static_cast<std::uint64_t>(request))});
  }
  for (const int command :
       {F_DUPFD_CLOEXEC, F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_ADD_SEALS}) {
    filter.allow(SCMP_SYS(fcntl), {is(1, an_int, static_cast<std::uint64_t>(command))});
  }
}

std::uint32_t otherwise(policy::Confinement::SystemCalls action) {
  using Action = policy::Confinement::SystemCalls;
  if (action == Action::kill) return SCMP_ACT_KILL_PROCESS;
  return action == Action::log ? SCMP_ACT_LOG : SCMP_ACT_ERRNO(EPERM);
}

}  // namespace

std::string restrict_system_calls(policy::Confinement::SystemCalls action) {
  if (action == policy::Confinement::SystemCalls::off) return "";
  Filter filter(otherwise(action));
  filter.set(SCMP_FLTATR_CTL_LOG, 1);
  for (const Calls calls : {Calls(waiting), Calls(sockets), Calls(files), Calls(process)}) {
    filter.allow(calls);
  }
#ifdef DOCKGATE_SANITIZED
  filter.allow(of_sanitizers);
#endif
  allow_by_arguments(filter);
  return filter.load();
}

std::string restrict_to_looking_at_links() {
  Filter filter(SCMP_ACT_KILL_PROCESS);
  filter.allow(looking);
#ifdef DOCKGATE_SANITIZED
  for (const Calls calls : {Calls(waiting), Calls(files), Calls(process), Calls(of_sanitizers)}) {
    filter.allow(calls);
  }
  filter.allow(SCMP_SYS(mmap), {is(2, PROT_EXEC, 0)});
#endif
  return filter.load();
}

}  // namespace dockgate::proxy::confine
