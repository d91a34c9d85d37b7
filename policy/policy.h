// A policy and the settings around it, compiled from YAML: immutable values, shared by all
// threads. Every field's default is the closed one: nothing allowed.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/facts.h"
#include "policy/patterns.h"
#include "policy/verdict.h"

namespace dockgate::policy {

struct AllowedBind {
  std::string source;  // absolute and clean; with `/**` at its end: what lies beneath
  Access access = Access::read_only;
  std::string propagation;  // "": only what keeps mounts to themselves
  bool dangerous = false;   // may lead to what no other listing can allow; exact sources only

  // Whether it stands for what lies beneath `root`, or for `root` alone.
  bool is_deep() const { return source.size() >= 3 && source.substr(source.size() - 3) == "/**"; }

  std::string root() const {
    if (!is_deep()) return source;
    return source.size() == 3 ? "/" : source.substr(0, source.size() - 3);
  }
};

// A path of the host that a mount must not reach unless the policy names it as dangerous.
struct GuardedPath {
  std::string path;
  std::string what;  // "dockgate's audit file"
};

struct AllowedDevice {
  std::string path;
  std::string permissions = "rwm";
};

// What a container may ask for beyond the Engine's defaults, by Compose's names.
struct ContainerAllow {
  bool privileged = false;
  Patterns cap_add;
  std::vector<AllowedBind> bind_mounts;
  std::shared_ptr<const PrefixIndex>
      bind_roots;  // of bind_mounts, by root(); nullptr: none is made
  Patterns network_mode;
  Patterns pid;
  Patterns ipc;
  Patterns uts;
  Patterns userns_mode;
  Patterns cgroup;
  Patterns cgroup_parent;
  std::vector<AllowedDevice> devices;
  Patterns device_cgroup_rules;
  Patterns device_requests;  // by driver
  Patterns security_opt;     // "apparmor=ci-*"; "seccomp=inline" is any profile given as text
  bool masked_paths = false;
  bool readonly_paths = false;
  Patterns sysctls;  // names
  Patterns annotations;
  Patterns runtime;
  Patterns logging;  // drivers
  Patterns log_opt;  // names of driver options
  Patterns group_add;
  Patterns ports;  // "8080", "8000-8999", "127.0.0.1:8080", "127.0.0.1:*", "*"
  Patterns labels;
  Patterns user;
  Patterns ulimits;      // names
  Patterns environment;  // names of variables
  Patterns command;      // as a shell would be given it
  Patterns entrypoint;
  Patterns working_dir;
  Patterns extra_hosts;
  Patterns restart;
  Patterns aliases;     // in networks
  Patterns ip_address;  // chosen ones: IPv4, IPv6, link-local
  Patterns mac_address;
  std::int64_t healthcheck_interval = 0;  // nanoseconds, at least
  bool checkpoint = false;
  Patterns checkpoint_dir;
  Patterns archive_path;  // where files are copied from and to
  bool compressed_archive = false;
  bool oom_kill_disable = false;
  std::int64_t oom_score_adj = 0;           // at least
  std::vector<std::string> unknown_fields;  // JSON pointers that dockgate has no row for
};

// What every container must have.
struct ContainerRequire {
  std::set<std::string> cap_drop;
  bool no_new_privileges = false;
  bool read_only = false;
  bool non_root = false;                      // user: non-root
  std::optional<std::int64_t> mem_limit;      // bytes, at most
  std::optional<std::int64_t> memswap_limit;  // bytes, at most
  std::optional<std::int64_t> shm_size;       // bytes, at most; the default needs no asking
  std::optional<std::int64_t> nano_cpus;      // at most
  std::optional<std::int64_t> pids_limit;     // at most

  friend bool operator==(const ContainerRequire&, const ContainerRequire&) = default;
};

struct VolumeAllow {
  Patterns driver;
  Patterns driver_opts;  // "type=tmpfs", "o=size=*"; each word of `o` by itself
  bool prune_named = false;
  bool cluster = false;  // volumes of the swarm
};

// What a service may ask for beyond what its containers may.
struct ServiceAllow {
  Patterns placement;  // constraints: "node.labels.zone==*"
  Patterns secrets;    // by name
  Patterns configs;    // by name
  bool plugin = false;
  bool network_attachment = false;
};

// Addresses as they are written in the request.
struct SwarmAllow {
  Patterns listen_addr;
  Patterns advertise_addr;
  Patterns data_path_addr;
  Patterns data_path_port;
  Patterns remote_addrs;
  bool external_cas = false;
  bool signing_ca = false;
  bool force_new_cluster = false;
};

struct NodeAllow {
  Patterns role;
  Patterns availability;
};

struct SecretAllow {
  Patterns name;
  Patterns driver;
  Patterns templating;
};

struct ConfigAllow {
  Patterns name;
  Patterns templating;
};

struct PluginAllow {
  Patterns name;        // as images are listed: "docker.io/vieux/sshfs:*"
  Patterns privileges;  // "capabilities=CAP_SYS_ADMIN", "mount=/srv/state"
  Patterns settings;    // "DEBUG=*"
  bool create = false;
};

struct NetworkAllow {
  Patterns driver;
  Patterns driver_opts;  // "com.docker.network.bridge.enable_icc=*"
  bool config_from = false;
  std::vector<std::string> subnet;  // CIDR: those that lie within
};

struct ExecAllow {
  bool privileged = false;
  Patterns user;
  Patterns environment;  // names of variables
  Patterns working_dir;
  Patterns command;  // as a shell would be given it
};

// References of images, normalised: `docker.io/library/*`, `registry.example.com/**`.
struct ImageAllow {
  Patterns pull;  // what the Engine may fetch; and, once it is here, what may be run
  Patterns tag;   // names for what is built, committed, imported or tagged here; run likewise
  Patterns push;
  Patterns remove;          // `delete`: names that may be taken away; ids only where all may
  bool import_url = false;  // archives that the Engine fetches by itself
  Patterns changes;         // instructions of commits and imports
  bool digest = false;      // require: images are pulled and run by digest alone
  bool load = false;        // unchecked: what names an archive brings is not seen
};

struct RegistryAllow {
  Patterns host;  // where logins and searches may go
};

struct BuildAllow {
  bool remote = false;  // contexts and files that the Engine fetches by itself
  bool run = false;     // RUN even where container.require asks for what its commands have not
  Patterns extra_hosts;
  bool buildkit = false;     // unchecked: sessions, whose content dockgate does not see
  bool dockerfile = false;   // unchecked: the context is not read
  bool base_images = false;  // unchecked: what a Dockerfile's FROM fetches is not compared
};

struct Policy {
  std::string name;
  // `sha256:…` of what it means (load/describe.cpp): every setting, its name and mode; comments,
  // order of keys and what it extends aside. "" before it is a client's.
  std::string digest;
  Mode mode = Mode::enforce;
  std::set<std::string_view> operations;  // operationIds allowed; the views are the table's own
  ContainerAllow container;
  ContainerRequire require;
  VolumeAllow volume;
  NetworkAllow network;
  ExecAllow exec;
  ImageAllow image;
  RegistryAllow registry;
  BuildAllow build;
  ServiceAllow service;
  SwarmAllow swarm;
  NodeAllow node;
  SecretAllow secret;
  ConfigAllow config;
  PluginAllow plugin;
  // Socket paths that no mount may reach besides the well-known ones: the configured Engine's.
  std::vector<std::string> runtime_sockets;
  // What is dockgate's own: its sockets, configuration, audit.
  std::vector<GuardedPath> guarded_paths;
  // container.set: what dockgate writes into every create itself.
  bool sets_docker_socket = false;
  // The socket of dockgate that containers get where they ask for the Engine's (container.set
  // docker_socket: dockgate); "" where they get none.
  std::string client_socket;
  // Whether paths of the host can be followed: where links lead is then what is judged.
  bool follows_links = false;
};

}  // namespace dockgate::policy
