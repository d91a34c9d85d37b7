#include "policy/inspected.h"

#include <algorithm>
#include <utility>

#include "policy/api/schemas.h"
#include "policy/build/read_build.h"
#include "policy/host_path.h"
#include "policy/image_reference.h"
#include "policy/json.h"
#include "policy/needed_references.h"
#include "policy/place.h"
#include "policy/read_body.h"
#include "policy/read_facts/complete_service.h"
#include "policy/read_facts/fact_readers.h"
#include "policy/strict_json.h"

namespace dockgate::policy {
namespace {

constexpr std::int64_t default_shm_size = 64 * 1024 * 1024;

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

Json member_or_null(const Json& object, std::string_view key) {
  const Json* const found = object.find(key);
  return found == nullptr ? Json() : *found;
}

// `Mounts` is what is mounted in the end: with what came by VolumesFrom, and the names that
// anonymous volumes were given.
void read_effective_mount(const Json& mount, const Place& place, Facts& facts) {
  const std::string source = clean_path(string_or(mount.find("Source"), ""));
  const std::string target(string_or(mount.find("Destination"), ""));
  if (string_or(mount.find("Type"), "") == "bind") {
    const bool known =
        std::any_of(facts.bind_mounts.begin(), facts.bind_mounts.end(), [&](const BindMount& bind) {
          return bind.source == source && bind.target == target;
        });
    if (known) return;
    const bool writes = is_true(mount.find("RW"));
    facts.bind_mounts.push_back({.source = source,
                                 .target = target,
                                 .access = writes ? Access::read_write : Access::read_only,
                                 .at = place.text()});
    return;
  }
  const std::string name(string_or(mount.find("Name"), ""));
  if (name.empty()) return;
  facts.references.push_back({ReferenceKind::volume, name, place.text()});
}

void read_effective_mounts(const Json& container, Facts& facts) {
  const auto by_volumes_from = [](const Reference& reference) {
    return starts_with(reference.at, "/HostConfig/VolumesFrom");
  };
  facts.references.erase(
      std::remove_if(facts.references.begin(), facts.references.end(), by_volumes_from),
      facts.references.end());
  const Json mounts = member_or_null(container, "Mounts");
  const Place root;
  const Place place = root.field("Mounts");
  for (std::size_t i = 0; i < mounts.items.size(); ++i) {
    read_effective_mount(mounts.items[i], place.item(i), facts);
  }
}

// Networks may have been connected after the container was created. Their names tell which they
// are; the ids beside them would name the predefined ones a second time.
void read_effective_networks(const Json& container, Facts& facts) {
  const Json settings = member_or_null(container, "NetworkSettings");
  Json networks = member_or_null(settings, "Networks");
  for (Member& network : networks.members) network.value = Json::object();
  const Place root;
  read_endpoints(networks, root.field("Networks"), facts);
}

// dockgate names networks by their ids, and an id says nothing to a policy: the reference beside it
// has the network looked up, and judged by its name.
void leave_ids_to_references(Facts& facts) {
  const auto is_full_id = [](const std::string& name) {
    return name.size() == 64 && reads_as_id(name);
  };
  facts.namespaces.erase(std::remove_if(facts.namespaces.begin(),
                                        facts.namespaces.end(),
                                        [&](const Namespace& asked) {
                                          return asked.kind == NamespaceKind::network &&
                                                 is_full_id(asked.mode);
                                        }),
                         facts.namespaces.end());
  facts.networks.erase(
      std::remove_if(facts.networks.begin(),
                     facts.networks.end(),
                     [&](const Asked& network) { return is_full_id(network.value); }),
      facts.networks.end());
}

bool may_be_default(const Namespace& asked) {
  return asked.kind == NamespaceKind::cgroup && asked.mode == "host";
}

bool needs_engine(const Facts& facts) {
  return (facts.log_driver && facts.log_driver->value != "json-file") ||
         (facts.runtime && facts.runtime->value != "runc") ||
         std::any_of(facts.namespaces.begin(), facts.namespaces.end(), may_be_default);
}

// A container that was made of an image goes on with that one, whatever its name means by now.
void read_effective_image(const Json& container, Facts& facts) {
  const std::string_view id = string_or(container.find("Image"), "");
  if (id.empty()) return;
  facts.image = Asked{std::string(id), "/Image"};
}

// What a swarm notes in its tasks; a client's own are judged when they are asked for, an image's
// with the image.
void forgive_labels_of_engine(Facts& facts) {
  const auto noted = [](const AskedPair& label) {
    return starts_with(label.key, "com.docker.swarm.") && starts_with(label.at, "/Config/Labels");
  };
  facts.labels.erase(std::remove_if(facts.labels.begin(), facts.labels.end(), noted),
                     facts.labels.end());
}

std::optional<Facts> facts_of_container(const Json& container) {
  Facts facts;
  Reasons reasons;
  const Place root;
  const Json* const host_config = container.find("HostConfig");
  const Json* const config = container.find("Config");
  if (host_config == nullptr || config == nullptr) return std::nullopt;
  read_body(host_config_schema, *host_config, root.field("HostConfig"), facts, reasons);
  read_body(config_schema, *config, root.field("Config"), facts, reasons);
  if (!reasons.empty()) return std::nullopt;
  read_effective_mounts(container, facts);
  read_effective_networks(container, facts);
  leave_ids_to_references(facts);
  read_effective_image(container, facts);
  facts.of = Facts::Of::container;
  forgive_labels_of_engine(facts);
  if (facts.shm_size && facts.shm_size->value == default_shm_size) facts.shm_size.reset();
  if (needs_engine(facts)) facts.references.push_back({ReferenceKind::engine, "", ""});
  return facts;
}

std::optional<Facts> facts_of_exec(const Json& exec) {
  const std::string container(string_or(exec.find("ContainerID"), ""));
  const Json process = member_or_null(exec, "ProcessConfig");
  if (container.empty() || !process.is(Json::Kind::object)) return std::nullopt;
  Facts facts;
  facts.of = Facts::Of::exec;
  facts.references.push_back({ReferenceKind::container, container, "/ContainerID"});
  if (is_true(process.find("privileged"))) {
    facts.exec_privileged = Asked{"true", "/ProcessConfig/privileged"};
  }
  Json words = Json::array();
  words.items.push_back(Json::of_string(string_or(process.find("entrypoint"), "")));
  const Json arguments = member_or_null(process, "arguments");
  words.items.insert(words.items.end(), arguments.items.begin(), arguments.items.end());
  const Place root;
  read_command(words, root.field("ProcessConfig"), facts);
  const std::string user(string_or(process.find("user"), ""));
  if (!user.empty()) facts.user = Asked{user, "/ProcessConfig/user"};
  return facts;
}

std::optional<Facts> facts_of_volume(const Json& volume) {
  const Json* const driver = volume.find("Driver");
  if (driver == nullptr || !driver->is(Json::Kind::string)) return std::nullopt;
  Facts facts;
  const Place root;
  read_volume_driver(*driver, root.field("Driver"), facts);
  read_volume_driver_opts(member_or_null(volume, "Options"), root.field("Options"), facts);
  return facts;
}

// Newer Engines note the first two in every network; a swarm notes the third in every overlay.
bool is_noted_by_engine(const AskedPair& option) {
  return option.key == "com.docker.network.enable_ipv4" ||
         option.key == "com.docker.network.enable_ipv6" ||
         option.key == "com.docker.network.driver.overlay.vxlanid_list";
}

std::optional<Facts> facts_of_network(const Json& network) {
  const Json* const driver = network.find("Driver");
  // A swarm names the driver of a network only once it has allocated it.
  if (driver == nullptr || driver->text.empty()) return std::nullopt;
  Facts facts;
  const Place root;
  read_network_driver(*driver, root.field("Driver"), facts);
  read_network_options(member_or_null(network, "Options"), root.field("Options"), facts);
  facts.network_options.erase(
      std::remove_if(
          facts.network_options.begin(), facts.network_options.end(), is_noted_by_engine),
      facts.network_options.end());
  const Json from = member_or_null(network, "ConfigFrom");
  read_network_config_from(member_or_null(from, "Network"), root.field("ConfigFrom"), facts);
  return facts;
}

// What an update says replaces what was; what it leaves at zero stays. The Engine lets a process
// limit be lifted by a zero or -1, as by every other number it is given.
void apply_update(const Json& update, Json& host_config) {
  for (const Member& member : update.members) {
    const bool says_something = !member.value.is_zero() || member.key == "PidsLimit";
    if (!says_something) continue;
    Json* const was = host_config.find(member.key);
    if (was == nullptr) {
      host_config.add(member.key, member.value);
    } else {
      *was = member.value;
    }
  }
}

void add_image_names(const Json& image, std::string_view key, Facts& facts) {
  const Json names = member_or_null(image, key);
  for (const Json& name : names.items) {
    const auto reference = parse_reference(name.text);
    if (reference) facts.image_names.push_back(reference->text());
  }
}

std::optional<Facts> facts_of_image(const Json& image) {
  if (string_or(image.find("Id"), "").empty()) return std::nullopt;
  Facts facts;
  facts.of = Facts::Of::image;
  add_image_names(image, "RepoTags", facts);
  add_image_names(image, "RepoDigests", facts);
  const Json config = member_or_null(image, "Config");
  const Place root;
  const Place place = root.field("Config");
  read_labels(member_or_null(config, "Labels"), place.field("Labels"), facts);
  return facts;
}

// Whether what inspect tells of is the image for `os/architecture[/variant]`: one id may stand for
// several.
bool is_for(const Json& image, std::string_view platform) {
  const std::string_view os = string_or(image.find("Os"), "");
  const std::string_view architecture = string_or(image.find("Architecture"), "");
  if (os.empty() || architecture.empty()) return false;
  if (platform.empty()) return true;
  const std::string plain = std::string(os) + "/" + std::string(architecture);
  return platform == plain ||
         platform == plain + "/" + std::string(string_or(image.find("Variant"), ""));
}

// What an update that rolls back would bring about: the specification that the service had before,
// by which version it still is that one.
std::optional<Facts> facts_of_service(const Json& service) {
  Facts facts;
  Reasons reasons;
  const Place root;
  const Json previous = member_or_null(service, "PreviousSpec");
  if (!previous.is(Json::Kind::object)) {
    facts.rollback = Asked{"no previous specification", "/PreviousSpec"};
    return facts;
  }
  const Json version = member_or_null(service, "Version");
  const Json* const index = version.find("Index");
  if (index == nullptr) return std::nullopt;
  read_body(service_spec_schema, previous, root.field("PreviousSpec"), facts, reasons);
  if (!reasons.empty()) return std::nullopt;
  complete_service(newest_api, facts);
  facts.service_version = AskedNumber{integer_or_zero(index), "/Version/Index"};
  return facts;
}

bool lists_cgroupns(const Json& options) {
  return std::any_of(options.items.begin(), options.items.end(), [](const Json& option) {
    return starts_with(option.text, "name=cgroupns");
  });
}

}  // namespace

std::optional<Facts> facts_of(const Lookup& lookup, const Answer& answer) {
  if (lookup.kind == ReferenceKind::host_path) return Facts();
  const Json* const object = answer.document();
  if (object == nullptr || !object->is(Json::Kind::object)) return std::nullopt;
  switch (lookup.kind) {
    case ReferenceKind::container:
      return facts_of_container(*object);
    case ReferenceKind::exec:
      return facts_of_exec(*object);
    case ReferenceKind::volume:
      return facts_of_volume(*object);
    case ReferenceKind::network:
      return facts_of_network(*object);
    case ReferenceKind::image:
    case ReferenceKind::pulled_image:
    case ReferenceKind::newest_image:
      return facts_of_image(*object);
    case ReferenceKind::service:
      return facts_of_service(*object);
    case ReferenceKind::host_path:
    case ReferenceKind::engine:
      return Facts();
  }
  return std::nullopt;
}

std::optional<Facts> facts_of_base(const Answer& answer, std::string_view platform) {
  const Json* const image = answer.document();
  std::optional<Facts> facts = image == nullptr ? std::nullopt : facts_of_image(*image);
  if (!facts || !is_for(*image, platform)) return std::nullopt;
  const Json config = member_or_null(*image, "Config");
  const Place root;
  const Place in_config = root.field("Config");
  const Place list = in_config.field("OnBuild");
  const Json triggers = member_or_null(config, "OnBuild");
  for (std::size_t i = 0; i < triggers.items.size(); ++i) {
    read_build_trigger(triggers.items[i].text, list.item(i).text(), *facts);
  }
  const Json environment = member_or_null(config, "Env");
  for (const Json& variable : environment.items) {
    const std::string name = variable.text.substr(0, variable.text.find('='));
    if (reaches_hooks(name)) {
      facts->hook_variables.push_back({name, in_config.field("Env").text()});
    }
  }
  return facts;
}

std::optional<Facts> facts_of_updated(const Answer& answer, const Json& update) {
  if (answer.document() == nullptr) return std::nullopt;
  Json container = *answer.document();
  Json* const host_config = container.find("HostConfig");
  if (host_config == nullptr || !host_config->is(Json::Kind::object)) return std::nullopt;
  apply_update(update, *host_config);
  return facts_of_container(container);
}

void read_engine(const Answer& answer, Facts& facts) {
  const Json* const info = answer.document();
  if (info == nullptr) return;
  facts.engine_data_root = string_or(info->find("DockerRootDir"), "");
  facts.engine_runtime = string_or(info->find("DefaultRuntime"), "");
}

void read_image_user(const Answer& answer, const std::string& at, Facts& facts) {
  const Json* const image = answer.document();
  if (image == nullptr) return;
  const Json config = member_or_null(*image, "Config");
  const std::string_view user = string_or(config.find("User"), "");
  if (!user.empty()) facts.user = Asked{std::string(user), at};
}

bool is_known_by_id(const Lookup& lookup, const Answer& answer) {
  constexpr std::string_view algorithm = "sha256:";
  const std::string whole = id_of(answer);
  std::string_view id = whole;
  std::string_view name = lookup.name;
  for (std::string_view* const one : {&id, &name}) {
    if (starts_with(*one, algorithm)) one->remove_prefix(algorithm.size());
  }
  return starts_with(id, name);
}

void forgive_defaults(Facts& facts, const Answer& engine) {
  const Json* const info = engine.document();
  if (info == nullptr) return;
  if (facts.log_driver && facts.log_driver->value == string_or(info->find("LoggingDriver"), "")) {
    facts.log_driver.reset();
  }
  if (facts.runtime && facts.runtime->value == string_or(info->find("DefaultRuntime"), "")) {
    facts.runtime.reset();
  }
  // An Engine that gives containers a cgroup namespace of their own says so among its security
  // options; elsewhere `host` is what every container has.
  if (lists_cgroupns(member_or_null(*info, "SecurityOptions"))) return;
  facts.namespaces.erase(
      std::remove_if(facts.namespaces.begin(), facts.namespaces.end(), may_be_default),
      facts.namespaces.end());
}

std::string id_of(const Answer& answer) {
  if (answer.kind != Answer::Kind::found) return "";
  const Json* const object = answer.document();
  if (object == nullptr) return "";
  const Json* const id = object->find("Id");
  return std::string(string_or(id != nullptr ? id : object->find("ID"), ""));
}

std::string name_of(const Answer& answer) {
  const Json* const object = answer.document();
  return object != nullptr ? std::string(string_or(object->find("Name"), "")) : "";
}

}  // namespace dockgate::policy
