#include "policy/host_path.h"

#include <algorithm>

namespace dockgate::policy {
namespace {

// Sockets (and folders of sockets) through which a container runtime is commanded. `*` is one
// component.
constexpr std::string_view known_sockets[] = {
    "/run/docker.sock",
    "/run/docker/containerd/containerd.sock",
    "/run/docker/plugins",
    "/run/docker/metrics.sock",
    "/run/docker-desktop.sock",
    "/run/host-services",
    "/run/containerd/containerd.sock",
    "/run/containerd/containerd.sock.ttrpc",
    "/run/containerd/s",
    "/run/k3s/containerd/containerd.sock",
    "/run/k0s/containerd.sock",
    "/run/podman/podman.sock",
    "/run/crio/crio.sock",
    "/run/cri-dockerd.sock",
    "/run/dockershim.sock",
    "/run/buildkit/buildkitd.sock",
    "/run/snap.docker",
    "/run/user/*/docker.sock",
    "/run/user/*/docker",
    "/run/user/*/podman/podman.sock",
    "/run/user/*/containerd/containerd.sock",
    "/run/user/*/buildkit/buildkitd.sock",
    "/run/user/*/containerd-rootless",
    "/var/lib/docker/containerd",
    "/var/lib/kubelet/device-plugins",
    "/var/snap/docker/common/run/docker.sock",
};

// The kernel's own trees, and where runtimes keep what all containers are made of.
constexpr std::string_view kernel_and_runtime_data[] = {"/proc",
                                                        "/sys",
                                                        "/dev",
                                                        "/var/lib/docker",
                                                        "/var/lib/containerd",
                                                        "/var/lib/containers",
                                                        "/var/lib/kubelet"};

std::string_view next_component(std::string_view& path) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  const std::string_view component = path.substr(0, path.find('/'));
  path.remove_prefix(component.size());
  return component;
}

// Debian and everybody else link these; a mount source through the link is the same folder.
std::string without_aliases(std::string_view path) {
  if (is_beneath(path, "/var/run")) return "/run" + std::string(path.substr(8));
  if (is_beneath(path, "/var/lock")) return "/run/lock" + std::string(path.substr(9));
  return std::string(path);
}

// Whether one of the two is the other or leads to it; `*` in the socket's path is any component.
bool on_the_way(std::string_view path, std::string_view socket) {
  while (true) {
    const std::string_view step = next_component(path);
    const std::string_view socket_step = next_component(socket);
    if (step.empty() || socket_step.empty()) return true;
    if (socket_step != "*" && step != socket_step) return false;
  }
}

// /proc/1/root, /proc/self/cwd, /proc/2/task/3/fd/4 and their like are doors to other trees, and
// /proc and /proc/1 hold them.
bool holds_doors_of_proc(std::string_view path) {
  if (next_component(path) != "proc") return false;
  const std::string_view whose = next_component(path);
  return whose == "self" || whose == "thread-self" ||
         whose.find_first_not_of("0123456789") == std::string_view::npos;
}

// A rotated file of the trail, say, whose name begins with that of the trail and a dot.
bool is_named_after(std::string_view path, std::string_view file) {
  return path.size() > file.size() && path[file.size()] == '.' &&
         path.substr(0, file.size()) == file;
}

}  // namespace

std::string clean_path(std::string_view path) {
  if (path.empty() || path.front() != '/') return std::string(path);
  std::vector<std::string_view> steps;
  while (true) {
    const std::string_view step = next_component(path);
    if (step.empty()) break;
    if (step == ".") continue;
    if (step == "..") {
      if (!steps.empty()) steps.pop_back();
      continue;
    }
    steps.push_back(step);
  }
  std::string clean;
  for (const std::string_view step : steps) clean.append("/").append(step);
  return clean.empty() ? "/" : clean;
}

bool is_beneath(std::string_view path, std::string_view root) {
  if (root == "/") return true;
  return path.substr(0, root.size()) == root &&
         (path.size() == root.size() || path[root.size()] == '/');
}

std::vector<std::string_view> well_known_sockets() {
  std::vector<std::string_view> sockets;
  for (const std::string_view socket : known_sockets) {
    if (socket.find('*') == std::string_view::npos) sockets.push_back(socket);
  }
  return sockets;
}

std::string guard_of(std::string_view path,
                     std::span<const GuardedPath> guarded,
                     std::string_view engine_data_root) {
  const std::string real = without_aliases(path);
  const auto touches = [&real](std::string_view root) {
    return is_beneath(real, root) || is_beneath(root, real);
  };
  for (const GuardedPath& own : guarded) {
    const std::string root = without_aliases(own.path);
    if (touches(root) || is_named_after(real, root)) return own.what;
  }
  if (!engine_data_root.empty() && touches(clean_path(engine_data_root))) {
    return "the Engine's data in " + std::string(engine_data_root);
  }
  for (const std::string_view root : kernel_and_runtime_data) {
    if (touches(root)) return std::string(root);
  }
  return "";
}

std::string reachable_socket(std::string_view path, std::span<const std::string> configured) {
  if (holds_doors_of_proc(path)) return "wherever /proc leads";
  if (is_beneath(path, "/dev/fd")) return "wherever /dev/fd leads";
  const std::string real = without_aliases(path);
  for (const std::string& socket : configured) {
    if (on_the_way(real, without_aliases(clean_path(socket)))) return socket;
  }
  const auto* const known = std::find_if(
      std::begin(known_sockets), std::end(known_sockets), [&real](std::string_view socket) {
        return on_the_way(real, socket);
      });
  return known == std::end(known_sockets) ? std::string() : std::string(*known);
}

}  // namespace dockgate::policy
