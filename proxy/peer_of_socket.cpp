#include "proxy/peer_of_socket.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <string>
#include <utility>
#include <vector>

namespace dockgate::proxy {
namespace {

std::vector<std::uint32_t> groups_of(int socket) {
  std::vector<gid_t> groups(32);
  socklen_t size = 0;
  int failed = 0;
  do {
    groups.resize(groups.size() * 2);
    size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    failed = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  } while (failed != 0 && errno == ERANGE);
  groups.resize(failed == 0 ? size / sizeof(gid_t) : 0);
  return {groups.begin(), groups.end()};
}

std::string executable_of(pid_t process) {
  if (process <= 0) return "";  // of another namespace
  std::array<char, PATH_MAX> path{};
  const std::string link = "/proc/" + std::to_string(process) + "/exe";
  const ssize_t size = ::readlink(link.c_str(), path.data(), path.size());
  if (size <= 0) return "";
  std::string name(path.data(), static_cast<std::size_t>(size));
  // Names of files are bytes; records are text.
  for (char& c : name) c = c >= 0x20 && c < 0x7f ? c : '?';
  return name;
}

std::string address_of(int socket) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  // The C library wants a pointer to the general type.
  void* const any = &peer;
  if (::getpeername(socket, static_cast<sockaddr*>(any), &size) != 0) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* const bytes =
      peer.ss_family == AF_INET6
          ? static_cast<const void*>(&static_cast<const sockaddr_in6*>(any)->sin6_addr)
          : static_cast<const void*>(&static_cast<const sockaddr_in*>(any)->sin_addr);
  const char* const written = ::inet_ntop(peer.ss_family, bytes, text.data(), text.size());
  return written == nullptr ? "" : written;
}

}  // namespace

policy::Peer peer_of(HangUp::Socket& socket, HangUp::Kind kind, std::string listener) {
  policy::Peer peer{.listener = std::move(listener)};
  if (kind == HangUp::Kind::tcp) {
    peer.address = address_of(socket.native_handle());
    return peer;
  }
  ucred told{};
  socklen_t size = sizeof told;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &told, &size) == 0) {
    peer.credentials = policy::Credentials{
        told.uid, told.gid, told.pid, groups_of(socket.native_handle()), executable_of(told.pid)};
  }
  return peer;
}

}  // namespace dockgate::proxy
