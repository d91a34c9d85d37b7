#include "policy/summary.h"

#include <string_view>

#include "policy/json.h"
#include "policy/shown_option.h"

namespace dockgate::policy {
namespace {

// Writes members of one object, separated as needed.
class SummaryWriter {
 public:
  explicit SummaryWriter(std::string& out) : out_(out) { out_ += '{'; }

  void finish() { out_ += '}'; }

  void text(std::string_view key, const std::optional<Asked>& asked) {
    if (!asked) return;
    begin(key);
    write_json_string(asked->value, out_);
  }

  void flag(std::string_view key, const std::optional<Asked>& asked) {
    if (!asked) return;
    begin(key);
    out_ += "true";
  }

  void number(std::string_view key, const std::optional<AskedNumber>& asked) {
    if (!asked) return;
    begin(key);
    out_ += std::to_string(asked->value);
  }

  template <class Items, class Text>
  void list(std::string_view key, const Items& items, Text&& text_of) {
    if (items.empty()) return;
    begin(key);
    out_ += '[';
    for (const auto& item : items) {
      if (&item != &items.front()) out_ += ',';
      write_json_string(text_of(item), out_);
    }
    out_ += ']';
  }

 private:
  void begin(std::string_view key) {
    if (out_.back() != '{') out_ += ',';
    write_json_string(key, out_);
    out_ += ':';
  }

  std::string& out_;
};

std::string_view name_of(NamespaceKind kind) {
  switch (kind) {
    case NamespaceKind::network:
      return "network";
    case NamespaceKind::pid:
      return "pid";
    case NamespaceKind::ipc:
      return "ipc";
    case NamespaceKind::uts:
      return "uts";
    case NamespaceKind::user:
      return "user";
    case NamespaceKind::cgroup:
      return "cgroup";
  }
  return "";
}

std::string shown(const BindMount& bind) {
  return bind.source + ":" + bind.target + (bind.access == Access::read_only ? ":ro" : ":rw");
}

std::string shown(const VolumeMount& volume) { return volume.name + ":" + volume.target; }

std::string shown(const PublishedPort& port) {
  return port.host_address + ":" + port.host_port + "->" + port.container_port;
}

// What is made: a container's name stands in the query, those of volumes, networks and services in
// the body.
std::optional<Asked> name_of(const Request& request) {
  const Json* const written = request.body.find("Name");
  if (request.facts->name || written == nullptr || !written->is(Json::Kind::string) ||
      written->text.empty()) {
    return request.facts->name;
  }
  return Asked{.value = written->text, .at = "/Name"};
}

}  // namespace

void write_summary(const Request& request, std::string& out) {
  const bool asks_nothing =
      request.facts.is_unchanged() && request.edits.empty() && request.body.is(Json::Kind::null);
  if (asks_nothing) {
    out += "{}";
    return;
  }
  const Facts& facts = *request.facts;
  const auto value = [](const Asked& asked) -> std::string_view { return asked.value; };
  const auto key = [](const AskedPair& pair) -> std::string_view { return pair.key; };
  SummaryWriter writer(out);
  writer.text("name", name_of(request));
  writer.text("image", facts.image);
  writer.text("user", facts.user);
  writer.flag("privileged", facts.privileged);
  writer.flag("exec_privileged", facts.exec_privileged);
  writer.list("cap_add", facts.cap_add, value);
  writer.list("cap_drop", facts.cap_drop, value);
  writer.list("bind_mounts", facts.bind_mounts, [](const auto& bind) { return shown(bind); });
  writer.list("volumes", facts.volumes, [](const auto& volume) { return shown(volume); });
  writer.list("volume_drivers", facts.volume_drivers, value);
  writer.list("volume_options", facts.volume_options, shown_option);
  writer.list("namespaces", facts.namespaces, [](const Namespace& asked) {
    return std::string(name_of(asked.kind)) + "=" + asked.mode;
  });
  writer.list("networks", facts.networks, value);
  writer.list("devices", facts.devices, [](const Device& device) {
    return device.path + ":" + device.permissions;
  });
  writer.list("device_cgroup_rules", facts.device_cgroup_rules, value);
  writer.list("device_requests", facts.device_requests, value);
  // A profile's text is long and says nothing that its being there does not.
  writer.list("security_opt", facts.security_opt, [](const SecurityOption& option) {
    const bool profile = option.key == "seccomp" && option.value != "unconfined";
    return profile ? std::string("seccomp=inline") : option.key + "=" + option.value;
  });
  writer.flag("masked_paths", facts.masked_paths);
  writer.flag("readonly_paths", facts.readonly_paths);
  writer.list("sysctls", facts.sysctls, key);
  writer.list("annotations", facts.annotations, key);
  writer.text("runtime", facts.runtime);
  writer.text("cgroup_parent", facts.cgroup_parent);
  writer.text("log_driver", facts.log_driver);
  writer.list("log_options", facts.log_options, key);
  writer.list("group_add", facts.group_add, value);
  writer.list("ports", facts.ports, [](const PublishedPort& port) { return shown(port); });
  writer.list("labels", facts.labels, key);
  writer.list("environment", facts.environment, value);
  writer.list("tags", facts.tags, value);
  writer.list("image_mounts", facts.image_mounts, value);
  writer.number("mem_limit", facts.mem_limit);
  writer.number("pids_limit", facts.pids_limit);
  writer.text("network_driver", facts.network_driver);
  writer.list("network_options", facts.network_options, shown_option);
  writer.flag("build_remote", facts.build_remote);
  writer.list("fetches", facts.fetches, [](const Asked& fetched) { return fetched.at; });
  writer.text("buildkit", facts.buildkit);
  writer.list("placement", facts.placement, value);
  writer.list("secrets", facts.secrets, value);
  writer.list("configs", facts.configs, value);
  writer.text("rollback", facts.rollback);
  writer.list("cluster_volumes", facts.cluster_volumes, value);
  writer.text("listen_addr", facts.listen_addr);
  writer.text("advertise_addr", facts.advertise_addr);
  writer.text("data_path_addr", facts.data_path_addr);
  writer.list("remote_addrs", facts.remote_addrs, value);
  writer.list("external_cas", facts.external_cas, value);
  writer.flag("signing_ca", facts.signing_ca);
  writer.text("node_role", facts.node_role);
  writer.text("node_availability", facts.node_availability);
  writer.text("secret", facts.secret_name);
  writer.text("secret_driver", facts.secret_driver);
  writer.text("config", facts.config_name);
  writer.list("plugins", facts.plugin_names, value);
  writer.list("plugin_privileges", facts.plugin_privileges, [](const AskedPair& privilege) {
    return privilege.key + "=" + privilege.value;
  });
  writer.list("plugin_settings", facts.plugin_settings, [](const Asked& setting) {
    return setting.value.substr(0, setting.value.find('='));
  });
  writer.list("uses", facts.references, [](const Reference& used) { return used.name; });
  writer.list("unknown_fields", facts.unknown_fields, [](const Asked& field) { return field.at; });
  writer.list("edits", request.edits, [](const Edit& edit) { return edit.what; });
  writer.finish();
}

}  // namespace dockgate::policy
