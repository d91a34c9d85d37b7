// What a configuration file says: where the Engine is, where to listen, who the clients are.
// Immutable once loaded.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/policy.h"

namespace dockgate::policy {

// `unix:///run/dockgate/docker.sock`
struct UnixAddress {
  std::string path;  // absolute

  std::string text() const { return "unix://" + path; }

  friend bool operator==(const UnixAddress&, const UnixAddress&) = default;
};

struct Listen {
  UnixAddress address;
  std::uint32_t mode = 0660;
  std::string group;  // name or number; "": the group dockgate runs as
  // Its folder is made for it and closed to everybody else: a socket that is mounted into
  // containers, where its mode must let anybody in.
  bool in_private_folder = false;
};

struct AuditSettings {
  std::string file = "-";  // "-": standard output
};

// Every limit answers as the Engine would and closes the connection where framing is in doubt.
struct Limits {
  std::size_t head = 32 * 1024;                 // bytes of a request head
  std::size_t body = 4 * 1024 * 1024;           // bytes of a body that is read
  std::chrono::milliseconds head_time{10'000};  // from its first byte to its last
  std::chrono::milliseconds body_time{30'000};  // of a body that is read, first to last byte
  std::chrono::milliseconds idle{120'000};      // between requests of one connection
  std::chrono::milliseconds engine_connect{5'000};
  std::chrono::milliseconds drain{10'000};  // at a stop: how long requests may go on
  std::size_t connections_per_listener = 4096;
  std::size_t connections_per_client = 256;
};

// Who is at the other end, as the kernel tells.
struct Peer {
  std::string listener;  // the address it came in by, `unix:///run/dockgate/docker.sock`
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int32_t pid = 0;
};

// A row of `clients:`; an absent matcher matches everybody.
struct Client {
  std::string name;
  std::optional<std::string> listener;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  // A listener that is this client's alone, whoever connects: what its containers are given in
  // place of the Engine's socket. "" where the policy sets none.
  std::string own_listener = {};
  std::shared_ptr<const Policy> policy;  // never null in loaded settings

  bool matches(const Peer& peer) const;
};

struct Settings {
  UnixAddress engine{"/var/run/docker.sock"};
  std::vector<Listen> listen;
  AuditSettings audit;
  std::vector<Client> clients;  // first match wins
  Limits limits;
  std::string host_root;  // where the host's file system is seen; "": it is not
  // Where clients' own sockets are made; the same path on the host.
  std::string client_sockets = "/run/dockgate/clients";
  unsigned threads = 0;  // 0: one a processor

  // nullptr: nobody, and the connection is refused.
  const Client* client_of(const Peer& peer) const;
};

}  // namespace dockgate::policy
