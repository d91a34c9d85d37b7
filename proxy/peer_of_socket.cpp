#include "proxy/peer_of_socket.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
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

policy::Peer peer_of(Socket& socket,
                     HangUp::Kind kind,
                     std::string listener,
                     confine::Executables& executables) {
  policy::Peer peer{.listener = std::move(listener)};
  if (kind == HangUp::Kind::tcp) {
    peer.address = address_of(socket.native_handle());
    return peer;
  }
  ucred told{};
  socklen_t size = sizeof told;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &told, &size) == 0) {
    peer.credentials = policy::Credentials{
        told.uid, told.gid, told.pid, groups_of(socket.native_handle()), executables.of(told.pid)};
  }
  return peer;
}

}  // namespace dockgate::proxy
