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
  Patterns security_opt;     // "apparmor=ci-*"; an inline seccomp profile is "seccomp=sha256:HEX"
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
  Patterns ulimits;  // names
  bool oom_kill_disable = false;
  std::int64_t oom_score_adj = 0;    // at least
  std::vector<std::string> unknown_fields;  // JSON pointers that dockgate has no row for
};

// What every container must have.
struct ContainerRequire {
  std::set<std::string> cap_drop;
  bool no_new_privileges = false;
  bool read_only = false;
  bool non_root = false;                       // user: non-root
  std::optional<std::int64_t> mem_limit;       // bytes, at most
  std::optional<std::int64_t> memswap_limit;   // bytes, at most
  std::optional<std::int64_t> shm_size;        // bytes, at most; the default needs no asking
  std::optional<std::int64_t> nano_cpus;       // at most
  std::optional<std::int64_t> pids_limit;      // at most
};

struct VolumeAllow {
  Patterns driver;
  Patterns driver_opts;  // "type=tmpfs", "o=size=*"
};

struct NetworkAllow {
  Patterns driver;
  Patterns driver_opts;  // "com.docker.network.bridge.enable_icc=*"
  bool config_from = false;
};

struct ExecAllow {
  bool privileged = false;
};

struct BuildAllow {
  bool remote = false;    // contexts that the Engine fetches by itself
  bool buildkit = false;  // sessions, whose content dockgate does not see
};

struct Policy {
  std::string name;
  Mode mode = Mode::enforce;
  std::set<std::string_view> operations;  // operationIds allowed; the views are the table's own
  ContainerAllow container;
  ContainerRequire require;
  VolumeAllow volume;
  NetworkAllow network;
  ExecAllow exec;
  BuildAllow build;
  // Socket paths that no mount may reach besides the well-known ones: the configured Engine's.
  std::vector<std::string> runtime_sockets;
};

}  // namespace dockgate::policy
