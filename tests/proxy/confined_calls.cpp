// Confines itself as a configuration says, by the very function that `dockgate serve` calls, and
// then tries what it is not to be able to do: a line for each, with what came of it.
//
//   confined_calls CONFIG FOLDER PORT [CALL…]
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_alg.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "proxy/confine/confinement.h"
#include "proxy/startup.h"

namespace {

using namespace dockgate;

struct Call {
  std::string name;
  std::function<long()> make;  // -1 and errno, as system calls do
};

// A program in a process of its own: where that is made, what came of executing.
long run_a_program() {
  const pid_t child = ::fork();
  if (child < 0) return -1;
  if (child == 0) {
    ::execl("/bin/true", "true", nullptr);
    ::_exit(errno);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  errno = WEXITSTATUS(status);
  return errno == 0 ? 0 : -1;
}

long executable_memory() {
  void* const made =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return made == MAP_FAILED ? -1 : 0;
}

long memory_made_executable() {
  void* const made =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return made == MAP_FAILED ? -1 : ::mprotect(made, 4096, PROT_READ | PROT_EXEC);
}

long connect_to(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const void* const any = &address;
  return made < 0 ? -1 : ::connect(made, static_cast<const sockaddr*>(any), sizeof address);
}

long in_a_thread() {
  long answer = -1;
  int error = 0;
  std::thread([&answer, &error] {
    answer = ::unshare(0);
    error = errno;
  }).join();
  errno = error;
  return answer;
}

std::vector<Call> processes() {
  return {
      {"execve", [] { return ::syscall(SYS_execve, "/nowhere", nullptr, nullptr); }},
      {"execveat", [] { return ::syscall(SYS_execveat, -1, "/nowhere", nullptr, nullptr, 0); }},
      {"run a program", run_a_program},
      {"ptrace", [] { return ::ptrace(PTRACE_PEEKDATA, ::getppid(), nullptr, nullptr); }},
      {"process_vm_readv",
       [] { return ::syscall(SYS_process_vm_readv, 1, nullptr, 0, nullptr, 0, 0); }},
      {"process_vm_writev",
       [] { return ::syscall(SYS_process_vm_writev, 1, nullptr, 0, nullptr, 0, 0); }},
      {"pidfd_open", [] { return ::syscall(SYS_pidfd_open, ::getpid(), 0); }},
      {"kill", [] { return ::syscall(SYS_kill, ::getppid(), 0); }},
      {"tgkill", [] { return ::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0); }},
      {"unshare in a thread", in_a_thread},
      {"clone with a user namespace",
       [] {
         return ::syscall(SYS_clone, CLONE_NEWUSER | CLONE_THREAD, nullptr, nullptr, nullptr, 0);
       }},
      {"clone3", [] { return ::syscall(SYS_clone3, nullptr, 0); }},
      {"setuid", [] { return ::syscall(SYS_setuid, ::getuid()); }},
      {"setgroups", [] { return ::syscall(SYS_setgroups, 1024 * 1024, nullptr); }},
      {"capset", [] { return ::syscall(SYS_capset, nullptr, nullptr); }},
      {"seccomp", [] { return ::syscall(SYS_seccomp, 99, 0, nullptr); }},
      {"change its limits",
       [] {
         const rlimit limit{100, 100};
         return ::setrlimit(RLIMIT_NOFILE, &limit);
       }},
      {"be dumpable", [] { return ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }},
      {"executable memory", executable_memory},
      {"memory made executable", memory_made_executable},
  };
}

std::vector<Call> of_the_kernel() {
  return {
      {"mount", [] { return ::syscall(SYS_mount, nullptr, nullptr, nullptr, 0, nullptr); }},
      {"umount2", [] { return ::syscall(SYS_umount2, nullptr, 0); }},
      {"fsopen", [] { return ::syscall(SYS_fsopen, nullptr, 0); }},
      {"move_mount", [] { return ::syscall(SYS_move_mount, -1, nullptr, -1, nullptr, 0); }},
      {"pivot_root", [] { return ::syscall(SYS_pivot_root, nullptr, nullptr); }},
      {"chroot", [] { return ::syscall(SYS_chroot, nullptr); }},
      {"unshare", [] { return ::unshare(0); }},
      {"setns", [] { return ::setns(-1, 0); }},
      {"bpf", [] { return ::syscall(SYS_bpf, 9999, nullptr, 0); }},
      {"init_module", [] { return ::syscall(SYS_init_module, nullptr, 0, nullptr); }},
      {"finit_module", [] { return ::syscall(SYS_finit_module, -1, nullptr, 0); }},
      {"delete_module", [] { return ::syscall(SYS_delete_module, nullptr, 0); }},
      {"kexec_load", [] { return ::syscall(SYS_kexec_load, 0, 0, nullptr, ~0UL); }},
      {"keyctl", [] { return ::syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -3, 0, 0, 0); }},
      {"add_key", [] { return ::syscall(SYS_add_key, nullptr, nullptr, nullptr, 0, 0); }},
      {"perf_event_open", [] { return ::syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0); }},
      {"io_uring_setup", [] { return ::syscall(SYS_io_uring_setup, 0, nullptr); }},
      {"userfaultfd", [] { return ::syscall(SYS_userfaultfd, ~0UL); }},
      {"open_by_handle_at", [] { return ::syscall(SYS_open_by_handle_at, -1, nullptr, 0); }},
      {"swapon", [] { return ::syscall(SYS_swapon, nullptr, 0); }},
      {"reboot", [] { return ::syscall(SYS_reboot, 0, 0, 0, nullptr); }},
      {"mknod", [] { return ::syscall(SYS_mknodat, AT_FDCWD, nullptr, S_IFCHR, 0); }},
  };
}

std::vector<Call> of_sockets() {
  return {
      {"packet socket", [] { return ::socket(AF_PACKET, SOCK_RAW, 0); }},
      {"raw socket", [] { return ::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP); }},
      {"cryptographic socket", [] { return ::socket(AF_ALG, SOCK_SEQPACKET, 0); }},
      {"virtual machine socket", [] { return ::socket(AF_VSOCK, SOCK_STREAM, 0); }},
      {"audit socket", [] { return ::socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT); }},
      {"another protocol", [] { return ::socket(AF_INET, SOCK_STREAM, 132); }},
  };
}

std::vector<Call> of_files(const std::string& folder, int port) {
  const auto opens = [](std::string path, int flags) {
    return
        [path = std::move(path), flags] { return ::open(path.c_str(), flags | O_CLOEXEC, 0600); };
  };
  return {
      {"read /etc/shadow", opens("/etc/shadow", O_RDONLY)},
      {"read a file elsewhere", opens(folder + "/file", O_RDONLY)},
      {"write a file elsewhere", opens(folder + "/file", O_WRONLY)},
      {"make a file elsewhere", opens(folder + "/new", O_WRONLY | O_CREAT)},
      {"list a folder elsewhere", opens(folder, O_RDONLY | O_DIRECTORY)},
      {"remove a file elsewhere", [folder] { return ::unlink((folder + "/other").c_str()); }},
      {"make a folder elsewhere", [folder] { return ::mkdir((folder + "/made").c_str(), 0700); }},
      {"read its parent's memory",
       opens("/proc/" + std::to_string(::getppid()) + "/mem", O_RDONLY)},
      {"connect elsewhere", [port] { return connect_to(port); }},
  };
}

std::vector<Call> all_calls(const std::string& folder, int port) {
  std::vector<Call> all;
  for (auto& some : {processes(), of_the_kernel(), of_sockets(), of_files(folder, port)}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

bool is_asked_for(const std::string& name, int count, char** arguments) {
  constexpr int first = 4;
  for (int i = first; i < count; ++i) {
    if (name == arguments[i]) return true;
  }
  return count == first;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 2;
  const proxy::CommandLine command_line{.config = arguments[1]};
  const auto settings = proxy::settings_for(command_line);
  if (!settings) {
    proxy::print(settings.error());
    return 2;
  }
  const auto confinement =
      proxy::confine::Confinement::enter(*settings, proxy::files_of(command_line));
  if (!confinement) {
    std::cerr << confinement.error().text << "\n";
    return 1;
  }
  std::cerr << confinement->text() << "\n";
  for (const Call& call : all_calls(arguments[2], std::stoi(arguments[3]))) {
    if (!is_asked_for(call.name, count, arguments)) continue;
    errno = 0;
    const long answer = call.make();
    std::cout << call.name << ": " << (answer == -1 ? ::strerrorname_np(errno) : "done")
              << std::endl;
  }
  if (count > 4 && is_asked_for("abort", count, arguments)) {
    rlimit core{};
    ::getrlimit(RLIMIT_CORE, &core);
    std::cout << "dumpable " << ::prctl(PR_GET_DUMPABLE) << ", core " << core.rlim_max << std::endl;
    std::abort();
  }
  return 0;
}
