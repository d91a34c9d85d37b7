#include "proxy/confine/executables.h"

#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <string_view>
#include <utility>

#include "proxy/confine/limits.h"
#include "proxy/confine/system_calls.h"

namespace dockgate::proxy::confine {
namespace {

// A zero, and the path behind it: an answer that says nothing is none that is missing.
using Answer = std::array<char, PATH_MAX + 1>;

constexpr timeval start_patience{.tv_sec = 10, .tv_usec = 0};
constexpr timeval patience{.tv_sec = 1, .tv_usec = 0};

void wait_at_most(int socket, const timeval& time) {
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

constexpr std::string_view ready = "ready";

// How many bytes of the answer there are.
std::size_t look(pid_t process, Answer& answer) {
  std::array<char, 32> link{};
  std::snprintf(link.data(), link.size(), "/proc/%d/exe", process);
  const ssize_t size = ::readlink(link.data(), answer.data() + 1, answer.size() - 1);
  return size <= 0 ? 1 : 1 + static_cast<std::size_t>(size);
}

// Names of files are bytes; records are text.
std::string printable(const Answer& answer, std::size_t size) {
  std::string name(answer.data() + 1, size - 1);
  for (char& c : name) c = c >= 0x20 && c < 0x7f ? c : '?';
  return name;
}

// Until the other end is closed. A stop or a reload is not for it.
[[noreturn]] void answer(int socket) {
  pid_t process = 0;
  Answer found{};
  while (::recv(socket, &process, sizeof process, 0) == sizeof process) {
    const std::size_t size = look(process, found);
    if (::send(socket, found.data(), size, MSG_NOSIGNAL) < 0) break;
  }
  ::_exit(0);
}

// Nothing but a socket is left. Whoever waits for the end of standard output does not wait for this
// process. "", or what failed.
std::string give_up_all_but(int socket, const Identity* identity) {
  const Keep keep = has_sys_ptrace() ? Keep::sys_ptrace : Keep::nothing;
  std::string problem = identity == nullptr ? "" : become(*identity, keep);
  if (problem.empty()) problem = hide_memory();
  if (problem.empty()) problem = renounce_new_privileges();
  if (!problem.empty()) return problem;
  const bool closed =
      ::dup2(socket, STDIN_FILENO) == STDIN_FILENO && ::close_range(STDIN_FILENO + 1, ~0U, 0) == 0;
  return closed ? restrict_to_looking_at_links() : "cannot close what is open";
}

// Says first that it is ready, or why it is not.
[[noreturn]] void run(int socket, const Identity* identity) {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT}) {
    std::signal(signal, SIG_IGN);
  }
  ::prctl(PR_SET_NAME, "dockgate-peers");
  const std::string problem = give_up_all_but(socket, identity);
  if (problem.empty() && ::send(STDIN_FILENO, ready.data(), ready.size(), MSG_NOSIGNAL) > 0) {
    answer(STDIN_FILENO);
  }
  for (const int end : {socket, STDIN_FILENO}) {
    if (::send(end, problem.data(), problem.size(), MSG_NOSIGNAL) > 0) break;
  }
  ::_exit(1);
}

}  // namespace

Executables::Executables(Executables&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), lost_(other.lost_) {}

Executables::~Executables() {
  if (socket_ >= 0) ::close(socket_);
}

certs::Result<Executables> Executables::from_outside(const Identity* identity) {
  Executables out;
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return certs::system_failure("a pair of sockets", "made", errno);
  }
  const pid_t child = ::fork();
  if (child == 0) run(ends[1], identity);
  ::close(ends[1]);
  out.socket_ = ends[0];
  if (child < 0) return certs::system_failure("a process that looks at peers", "started", errno);
  return out;
}

std::string Executables::wait_until_confined() {
  if (socket_ < 0) return "";
  Answer told{};
  wait_at_most(socket_, start_patience);
  const ssize_t size = ::recv(socket_, told.data(), told.size(), 0);
  wait_at_most(socket_, patience);
  const std::string_view text(told.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  if (text == ready) return "";
  return "the process that looks at peers is not confined: " +
         (text.empty() ? "it did not say that it is" : std::string(text));
}

std::string Executables::of(pid_t process) {
  if (process <= 0) return "";  // of another namespace
  if (socket_ >= 0) return ask(process);
  Answer found{};
  return printable(found, look(process, found));
}

// Answers come in the order of the questions: after one that is late none can be trusted.
std::string Executables::ask(pid_t process) {
  const std::lock_guard lock(asking_);
  if (lost_) return "";
  Answer found{};
  if (::send(socket_, &process, sizeof process, MSG_NOSIGNAL) == sizeof process) {
    const ssize_t size = ::recv(socket_, found.data(), found.size(), 0);
    if (size > 0) return printable(found, static_cast<std::size_t>(size));
  }
  lost_ = true;
  spdlog::warn("the programs of Unix sockets' peers are no longer known: {}", std::strerror(errno));
  return "";
}

}  // namespace dockgate::proxy::confine
