// Readers of services: the same facts as a container's, from where a service has them.
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "policy/facts.h"
#include "policy/image_reference.h"
#include "policy/json.h"
#include "policy/place.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

std::string text_of(const Json& object, std::string_view key) {
  return std::string(string_or(object.find(key), ""));
}

// Nodes expand Go templates in a mount when a task starts: `/srv/{{"../etc"}}` is another path
// than the one that was judged.
void read_template(const Json* value, const Place& place, Facts& facts) {
  if (value == nullptr || value->text.find("{{") == std::string::npos) return;
  facts.templates.push_back({value->text, place.text()});
}

void read_mount_templates(const Json& mount, const Place& place, Facts& facts) {
  read_template(mount.find("Source"), place.field("Source"), facts);
  read_template(mount.find("Target"), place.field("Target"), facts);
  const Json* const options = mount.find("VolumeOptions");
  const Json* const driver = options == nullptr ? nullptr : options->find("DriverConfig");
  const Json* const values = driver == nullptr ? nullptr : driver->find("Options");
  if (values == nullptr) return;
  const Place options_place = place.field("VolumeOptions");
  const Place driver_place = options_place.field("DriverConfig");
  const Place values_place = driver_place.field("Options");
  for (const Member& value : values->members) {
    read_template(&value.value, values_place.member(value.key), facts);
  }
}

// Every other word names a network of the swarm or of the host, by name, id or prefix of an id.
bool is_predefined_network(std::string_view name) {
  return name == "host" || name == "bridge" || name == "none";
}

void read_service_network(const Json& network, const Place& place, Facts& facts) {
  const std::string target = text_of(network, "Target");
  const std::string at = place.field("Target").text();
  if (is_predefined_network(target)) {
    facts.networks.push_back({target, at});
  } else {
    facts.references.push_back({ReferenceKind::network, target, at, Use::joined});
  }
  const Json* const options = network.find("DriverOpts");
  if (options == nullptr) return;
  const Place options_place = place.field("DriverOpts");
  for (const Member& option : options->members) {
    facts.network_options.push_back(
        {option.key, option.value.text, options_place.member(option.key).text()});
  }
}

void add_option(std::string_view key, std::string value, const Place& place, Facts& facts) {
  if (value.empty()) return;
  facts.security_opt.push_back({std::string(key), std::move(value), place.text()});
}

// One of file, registry and config; the Engine refuses more.
void read_credential_spec(const Json& spec, const Place& place, Facts& facts) {
  for (const auto& [key, scheme] : {std::pair<std::string_view, std::string_view>{"File", "file"},
                                    {"Registry", "registry"},
                                    {"Config", "config"}}) {
    const std::string value = text_of(spec, key);
    if (value.empty()) continue;
    add_option("credentialspec", std::string(scheme) + "://" + value, place.member(key), facts);
  }
}

void read_selinux(const Json& context, const Place& place, Facts& facts) {
  if (is_true(context.find("Disable"))) {
    add_option("label", "disable", place.field("Disable"), facts);
  }
  for (const auto& [key, word] : {std::pair<std::string_view, std::string_view>{"User", "user"},
                                  {"Role", "role"},
                                  {"Level", "level"},
                                  {"Type", "type"}}) {
    const std::string value = text_of(context, key);
    if (value.empty()) continue;
    add_option("label", std::string(word) + ":" + value, place.member(key), facts);
  }
}

// A profile is one whatever the mode says, and so is a mode that dockgate does not know.
void read_seccomp(const Json& seccomp, const Place& place, Facts& facts) {
  const std::string mode = text_of(seccomp, "Mode");
  if (!mode.empty() && mode != "default") add_option("seccomp", mode, place.field("Mode"), facts);
  add_option("seccomp", text_of(seccomp, "Profile"), place.field("Profile"), facts);
}

void read_apparmor(const Json& apparmor, const Place& place, Facts& facts) {
  const std::string mode = text_of(apparmor, "Mode");
  if (mode.empty() || mode == "default") return;
  add_option("apparmor", mode == "disabled" ? "unconfined" : mode, place.field("Mode"), facts);
}

// By name: the Engine refuses a reference whose id is another's.
void read_used(const Json& list,
               std::string_view name_key,
               std::string_view id_key,
               const Place& place,
               std::vector<Asked>& out) {
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const std::string name = text_of(list.items[i], name_key);
    out.push_back({name.empty() ? text_of(list.items[i], id_key) : name, place.item(i).text()});
  }
}

// Nodes pull it; the name alone says from where. What is no reference is left as it is written,
// and no pattern stands for it.
void add_pull(const std::string& image, const std::string& at, Facts& facts) {
  const auto reference = parse_reference(image);
  facts.pulls.push_back({reference ? reference->text() : image, at});
}

constexpr std::string_view blanks = " \t\n\v\f\r";

std::string without_outer_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(blanks) + 1 - first));
}

// `node.role == manager` -> `node.role==manager`; split where the Engine splits.
std::string constraint_of(const std::string& text) {
  for (const std::string_view operation : {"==", "!="}) {
    const std::size_t at = text.find(operation);
    if (at == std::string::npos) continue;
    return without_outer_blanks(text.substr(0, at)) + std::string(operation) +
           without_outer_blanks(text.substr(at + operation.size()));
  }
  return without_outer_blanks(text);
}

}  // namespace

void read_service_image(const Json& value, const Place& place, Facts& facts) {
  read_image(value, place, facts);
  if (!value.text.empty()) add_pull(value.text, place.text(), facts);
}

// `address name [alias…]`, of which the Engine takes the first two; as a container has it they are
// `name:address`.
void read_service_hosts(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string entry = without_outer_blanks(value.items[i].text);
    const std::size_t end = entry.find_first_of(blanks);
    const std::string names =
        end == std::string::npos ? "" : without_outer_blanks(entry.substr(end));
    const std::string name = names.substr(0, names.find_first_of(blanks));
    facts.extra_hosts.push_back(
        {name.empty() ? entry : name + ":" + entry.substr(0, end), place.item(i).text()});
  }
}

// By the names of a container's policies. A task without one is started again whatever happens,
// see complete_service.
void read_restart_condition(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty()) return;
  const std::string_view name = value.text == "none"  ? "no"
                                : value.text == "any" ? "always"
                                                      : std::string_view(value.text);
  facts.restart = Asked{std::string(name), place.text()};
}

void read_service_mounts(const Json& value, const Place& place, Facts& facts) {
  read_mounts(value, place, facts);
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    read_mount_templates(value.items[i], place.item(i), facts);
  }
  for (const Asked& image : facts.image_mounts) add_pull(image.value, image.at, facts);
}

void read_service_networks(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    read_service_network(value.items[i], place.item(i), facts);
  }
}

void read_service_ports(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Json& port = value.items[i];
    const std::string protocol = text_of(port, "Protocol");
    const std::int64_t published = integer_or_zero(port.find("PublishedPort"));
    facts.ports.push_back({std::to_string(integer_or_zero(port.find("TargetPort"))) + "/" +
                               (protocol.empty() ? "tcp" : protocol),
                           "",
                           published == 0 ? "" : std::to_string(published),
                           place.item(i).text()});
  }
}

void read_service_privileges(const Json& value, const Place& place, Facts& facts) {
  if (const Json* const spec = value.find("CredentialSpec")) {
    read_credential_spec(*spec, place.field("CredentialSpec"), facts);
  }
  if (const Json* const context = value.find("SELinuxContext")) {
    read_selinux(*context, place.field("SELinuxContext"), facts);
  }
  if (const Json* const seccomp = value.find("Seccomp")) {
    read_seccomp(*seccomp, place.field("Seccomp"), facts);
  }
  if (const Json* const apparmor = value.find("AppArmor")) {
    read_apparmor(*apparmor, place.field("AppArmor"), facts);
  }
  if (is_true(value.find("NoNewPrivileges"))) {
    add_option("no-new-privileges", "true", place.field("NoNewPrivileges"), facts);
  }
}

// Beside the memory, which the schema has before it; a container's limit is both together.
void read_swap_bytes(const Json& value, const Place& place, Facts& facts) {
  const std::int64_t swap = integer_or_zero(&value);
  if (!facts.mem_limit || facts.mem_limit->value <= 0) return;
  const std::int64_t memory = facts.mem_limit->value;
  const bool limited = swap >= 0 && swap <= std::numeric_limits<std::int64_t>::max() - memory;
  facts.memswap_limit = AskedNumber{limited ? memory + swap : -1, place.text()};
}

// What nodes offer beside processors and memory is devices, such as GPUs.
void read_generic_resource(const Json& value, const Place& place, Facts& facts) {
  facts.device_requests.push_back({value.text, place.text()});
}

void read_log_driver(const Json& value, const Place& place, Facts& facts) {
  const std::string driver = text_of(value, "Name");
  if (!driver.empty()) facts.log_driver = Asked{driver, place.field("Name").text()};
  const Json* const options = value.find("Options");
  if (options == nullptr) return;
  const Place options_place = place.field("Options");
  for (const Member& option : options->members) {
    facts.log_options.push_back(
        {option.key, option.value.text, options_place.member(option.key).text()});
  }
}

void read_placement(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    facts.placement.push_back({constraint_of(value.items[i].text), place.item(i).text()});
  }
}

void read_secret_references(const Json& value, const Place& place, Facts& facts) {
  read_used(value, "SecretName", "SecretID", place, facts.secrets);
}

void read_config_references(const Json& value, const Place& place, Facts& facts) {
  read_used(value, "ConfigName", "ConfigID", place, facts.configs);
}

void read_plugin_spec(const Json& value, const Place& place, Facts& facts) {
  if (!value.members.empty()) facts.service_plugin = Asked{"a plugin", place.text()};
}

void read_network_attachment(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.network_attachment = Asked{value.text, place.text()};
}

void read_task_runtime(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty() || value.text == "container") return;
  std::optional<Asked>& kind = value.text == "plugin"       ? facts.service_plugin
                               : value.text == "attachment" ? facts.network_attachment
                                                            : facts.task_runtime;
  if (!kind) kind = Asked{value.text, place.text()};
}

void read_rollback(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty() || value.text == "none") return;
  facts.rollback = Asked{value.text, place.text()};
}

void read_registry_auth_from(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty() || value.text == "spec" || value.text == "previous-spec") return;
  facts.registry_auth_from = Asked{value.text, place.text()};
}

void read_service_version(const Json& value, const Place& place, Facts& facts) {
  const Json number = Json::of_number(value.text);
  facts.service_version = AskedNumber{integer_or_zero(&number), place.text()};
}

}  // namespace dockgate::policy
