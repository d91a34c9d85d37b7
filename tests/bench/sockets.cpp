#include "tests/bench/sockets.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace dockgate::bench {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  errno = ENAMETOOLONG;
  check(path.size() < sizeof address.sun_path, path);
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* plain(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

}  // namespace

void give_up(const std::string& what) {
  std::perror(what.c_str());
  std::exit(1);
}

void check(bool holds, const std::string& what) {
  if (!holds) give_up(what);
}

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int listen_at(const std::string& path) {
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  check(listener >= 0, "socket");
  const sockaddr_un address = address_of(path);
  check(bind(listener, plain(address), sizeof address) == 0, path);
  check(listen(listener, SOMAXCONN) == 0, path);
  return listener;
}

int connect_to(const std::string& path) {
  const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(connection >= 0, "socket");
  const sockaddr_un address = address_of(path);
  check(connect(connection, plain(address), sizeof address) == 0, path);
  check(fcntl(connection, F_SETFL, O_NONBLOCK) == 0, path);
  return connection;
}

int accept_from(int listener) {
  const int connection = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  check(connection >= 0 || errno == EAGAIN || errno == ECONNABORTED, "accept");
  return connection;
}

Poll::Poll() : descriptor_(epoll_create1(EPOLL_CLOEXEC)) { check(descriptor_ >= 0, "epoll"); }

void Poll::add(int descriptor, void* owner, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = owner;
  check(epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event) == 0, "epoll");
}

void Poll::change(int descriptor, void* owner, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = owner;
  check(epoll_ctl(descriptor_, EPOLL_CTL_MOD, descriptor, &event) == 0, "epoll");
}

void Poll::remove(int descriptor) {
  check(epoll_ctl(descriptor_, EPOLL_CTL_DEL, descriptor, nullptr) == 0, "epoll");
}

std::span<const epoll_event> Poll::wait() {
  const int came = epoll_wait(descriptor_, events_.data(), static_cast<int>(events_.size()), -1);
  check(came >= 0 || errno == EINTR, "epoll");
  return {events_.data(), static_cast<std::size_t>(came < 0 ? 0 : came)};
}

}  // namespace dockgate::bench
