// What a configuration file says: where the Engine is, where to listen, who the clients are.
// Immutable once loaded.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/client.h"
#include "policy/peer.h"

namespace dockgate::policy {

// `unix:///run/dockgate/docker.sock`
struct UnixAddress {
  std::string path;  // absolute

  std::string text() const { return "unix://" + path; }

  friend bool operator==(const UnixAddress&, const UnixAddress&) = default;
};

// `tcp://0.0.0.0:2376`, `tcp://[::1]:2376`
struct TcpAddress {
  std::string ip;          // as inet_ntop writes it
  std::uint16_t port = 0;  // 0: one that is free

  bool is_loopback() const;

  bool is_ipv6() const { return ip.find(':') != std::string::npos; }

  std::string text() const;
  friend bool operator==(const TcpAddress&, const TcpAddress&) = default;
};

using ListenAddress = std::variant<UnixAddress, TcpAddress>;

// The files of a listener's TLS, absolute; they are read when it starts, and again when they
// change.
struct Tls {
  enum class Minimum : std::uint8_t { tls_1_2, tls_1_3 };

  std::string certificate;  // PEM: the server's, and those between it and its CA
  std::string key;
  std::string client_ca;  // who may certify clients
  std::string crl;        // "": nobody is ever revoked
  Minimum minimum = Minimum::tls_1_3;

  friend bool operator==(const Tls&, const Tls&) = default;
};

struct Listen {
  ListenAddress address;
  std::uint32_t mode = 0660;
  std::string group;  // name or number; "": the group dockgate runs as
  // Its folder is made for it and closed to everybody else: a socket that is mounted into
  // containers, where its mode must let anybody in.
  bool in_private_folder = false;
  std::optional<Tls> tls;  // TCP alone; nothing: plain bytes

  std::string text() const;                 // `unix:///run/dockgate/docker.sock`
  const UnixAddress* unix_address() const;  // nullptr where it is none
  const TcpAddress* tcp_address() const;
  friend bool operator==(const Listen&, const Listen&) = default;
};

// Where RFC 5424 messages go: `unix:///dev/log`, `tcp://logs.example.com:601`, or `tls://…:6514`,
// whose certificate must be for that name and of `ca`.
struct Syslog {
  enum class Transport : std::uint8_t { unix_socket, tcp, tls };

  Transport transport = Transport::unix_socket;
  std::string path;  // unix_socket
  std::string host;  // a name or an address
  std::uint16_t port = 0;
  std::string ca;       // "": those that the system trusts
  int facility = 10;    // authpriv
  std::string address;  // as it is written

  friend bool operator==(const Syslog&, const Syslog&) = default;
};

// What is recorded, where, and what happens where it cannot be.
struct AuditSettings {
  // When a decision counts as recorded: once the kernel has it, or once it is on the disk.
  enum class Durability : std::uint8_t { written, synced };
  // What becomes of reads while nothing can be recorded. What mutates is always refused.
  enum class Reads : std::uint8_t { answer, refuse };

  struct Rotation {
    std::uint64_t size = 0;       // bytes; 0: a file is never too large
    std::chrono::seconds age{0};  // 0: nor too old
    std::uint32_t keep = 0;       // files beside the one that is written; 0: all
    bool compress = false;

    friend bool operator==(const Rotation&, const Rotation&) = default;
  };

  std::string file = "-";  // "-": standard output
  Durability durability = Durability::written;
  Reads reads = Reads::answer;
  Rotation rotate;
  std::string signing_key;            // a file; "": nothing is signed
  std::uint32_t signed_every = 1000;  // records
  std::optional<Syslog> syslog;
  std::string journal;  // the socket of systemd's journal; "": it is told nothing

  friend bool operator==(const AuditSettings&, const AuditSettings&) = default;
};

// The program's own log, on standard error.
struct Log {
  enum class Format : std::uint8_t { text, json };
  enum class Level : std::uint8_t { debug, info, warn, error };

  Format format = Format::text;
  Level level = Level::info;
};

std::string_view name_of(Log::Level level);
std::optional<Log::Level> log_level_named(std::string_view name);

// What becomes of what is under way when other settings come into force.
struct Reload {
  bool revoke = false;  // streams and tunnels that the new settings would refuse are ended
};

// What dockgate does without, so that a flaw in it gives less than all that started it could do.
struct Confinement {
  struct User {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;

    friend bool operator==(const User&, const User&) = default;
  };

  // What becomes of a system call that dockgate has no use for: it fails, dockgate is killed, the
  // kernel logs it, nothing.
  enum class SystemCalls : std::uint8_t { enforce, kill, log, off };
  // enforce: no start without the kernel's help.
  enum class FileAccess : std::uint8_t { enforce, best_effort, off };

  struct Ulimits {
    std::optional<std::uint64_t> nofile;  // nothing: as many as are to be had
    std::optional<std::uint64_t> nproc;   // nothing: as it was started with
    std::optional<std::uint64_t> fsize;   // bytes
    std::optional<std::uint64_t> as;      // bytes

    friend bool operator==(const Ulimits&, const Ulimits&) = default;
  };

  std::optional<User> user;           // nothing: whoever started it
  std::vector<std::uint32_t> groups;  // beside those of the Engine's socket and the listeners
  bool no_new_privileges = true;
  bool dumpable = false;
  SystemCalls system_calls = SystemCalls::enforce;
  FileAccess file_access = FileAccess::best_effort;
  Ulimits ulimits;

  friend bool operator==(const Confinement&, const Confinement&) = default;
};

// Every limit answers as the Engine would and closes the connection where framing is in doubt.
struct Limits {
  std::size_t head = 32 * 1024;                      // bytes of a request head
  std::size_t body = 4 * 1024 * 1024;                // bytes of a body that is read
  std::chrono::milliseconds head_time{10'000};       // from its first byte to its last
  std::chrono::milliseconds body_time{30'000};       // of a body that is read, first to last byte
  std::chrono::milliseconds handshake_time{10'000};  // of TLS
  std::chrono::milliseconds idle{120'000};           // between requests of one connection
  std::chrono::milliseconds answer_time{60'000};     // of an answer that is no stream, to be taken
  std::chrono::milliseconds engine_connect{5'000};
  std::chrono::milliseconds engine_answer{600'000};  // of an answer that is no stream, to be given
  std::chrono::milliseconds drain{10'000};           // at a stop: how long requests may go on
  std::size_t inspected = 32 * 1024 * 1024;  // bytes that are held to be judged, of all clients
  std::size_t connections_per_listener = 4096;
  std::size_t connections_per_client = 256;

  // A client may hold half of it: one whole body at least.
  std::size_t most_inspected() const { return inspected > 2 * body ? inspected : 2 * body; }
};

struct Settings {
  UnixAddress engine{"/var/run/docker.sock"};
  std::vector<Listen> listen;
  std::optional<Listen> admin;  // where metrics and health are asked for, and nothing else
  AuditSettings audit;
  Reload reload;
  Log log;
  Confinement confinement;
  std::vector<Client> clients;  // first match wins
  // Users or groups stand here by their names, which are looked up in the files of this machine.
  bool has_names = false;
  Limits limits;
  std::string host_root;  // where the host's file system is seen; "": it is not
  // Where clients' own sockets are made; the same path on the host.
  std::string client_sockets = "/run/dockgate/clients";
  unsigned threads = 0;  // 0: one a processor

  // nullptr: nobody, and the connection is refused.
  const Client* client_of(const Peer& peer) const;
};

}  // namespace dockgate::policy
