// What a configuration means, for people: every setting by its name, closed ones included, so that
// a review sees what is not said too. A policy's digest is taken of this text: two policies that
// mean different things never read the same.
#include <algorithm>
#include <type_traits>

#include "policy/api/operations.h"
#include "policy/json.h"
#include "policy/load/load_settings.h"
#include "policy/load/policy_keys.h"

namespace dockgate::policy {
namespace {

// In quotes where it could be taken for several items, for none, or for the end of a line.
std::string item_of(std::string_view text) {
  const bool plain =
      !text.empty() && text != "nothing" && std::none_of(text.begin(), text.end(), [](char c) {
        return c == ',' || c == '"' || c == '(' || static_cast<unsigned char>(c) < 0x20;
      });
  if (plain) return std::string(text);
  std::string quoted;
  write_json_string(text, quoted);
  return quoted;
}

std::string separated(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) {
    if (!out.empty()) out += ", ";
    out += item;
  }
  return out.empty() ? "nothing" : out;
}

template <class Texts>
std::string joined(const Texts& texts) {
  std::vector<std::string> items;
  for (const auto& text : texts) items.push_back(item_of(text));
  return separated(items);
}

// `1.5` of 1500000000.
std::string in_billions(std::int64_t value) {
  constexpr std::int64_t billion = 1'000'000'000;
  std::string text = std::to_string(value / billion);
  std::string rest = std::to_string(billion + value % billion).substr(1);
  while (!rest.empty() && rest.back() == '0') rest.pop_back();
  return rest.empty() ? text : text + "." + rest;
}

std::string written(std::int64_t value, Unit unit) {
  if (unit == Unit::processors) return in_billions(value);
  return std::to_string(value) + (unit == Unit::bytes ? " bytes" : "");
}

template <class Part>
struct DescribeKey {
  const Part& part;

  std::string operator()(bool Part::*member) const { return part.*member ? "yes" : "no"; }

  std::string operator()(Patterns Part::*member) const { return joined((part.*member).all); }

  std::string operator()(Capabilities<Part> key) const { return joined((part.*key.member).all); }

  std::string operator()(Ports<Part> key) const { return joined((part.*key.member).all); }

  std::string operator()(std::vector<AllowedBind> Part::*member) const {
    std::vector<std::string> texts;
    for (const AllowedBind& bind : part.*member) {
      std::string text = item_of(bind.source);
      text += bind.access == Access::read_only ? " (ro" : " (rw";
      if (bind.dangerous) text += ", dangerous";
      if (!bind.propagation.empty()) text += ", propagation " + item_of(bind.propagation);
      texts.push_back(text + ")");
    }
    return separated(texts);
  }

  std::string operator()(std::vector<AllowedDevice> Part::*member) const {
    std::vector<std::string> texts;
    for (const AllowedDevice& device : part.*member) {
      texts.push_back(device.path + ":" + device.permissions);
    }
    return joined(texts);
  }

  std::string operator()(std::vector<std::string> Part::*member) const {
    return joined(part.*member);
  }

  std::string operator()(std::int64_t Part::*member) const {
    return "at least " + std::to_string(part.*member);
  }

  std::string operator()(std::set<std::string> Part::*member) const { return joined(part.*member); }

  std::string operator()(Limit<Part> key) const {
    const auto& value = part.*key.member;
    return value ? "at most " + written(*value, key.unit) : "no limit";
  }

  std::string operator()(Seconds<Part> key) const {
    return "at least " + written(part.*key.member, Unit::processors) + " s";
  }

  std::string operator()(References<Part> key) const { return joined((part.*key.member).all); }

  std::string operator()(Ranges<Part> key) const { return joined(part.*key.member); }

  // What is not looked into says so in full.
  std::string operator()(Word<Part> key) const {
    if (!(part.*key.member)) return std::string(key.unset);
    const bool unseen = key.set == "unchecked";
    return std::string(key.set) + (unseen ? ": dockgate does not see what goes through here" : "");
  }
};

template <class Part, std::size_t count>
void describe_part(std::string_view title,
                   const Key<Part> (&keys)[count],
                   const Part& part,
                   std::string& out) {
  out += "  " + std::string(title) + "\n";
  for (const Key<Part>& key : keys) {
    std::string name(key.name);
    name.resize(std::max<std::size_t>(name.size(), 20), ' ');
    out += "    " + name + " " + std::visit(DescribeKey<Part>{part}, key.member) + "\n";
  }
}

// Whole groups by their name, the rest one by one.
void describe_operations(const Policy& policy, std::string& out) {
  out += "  operations\n";
  for (const Group& group : all_groups()) {
    std::vector<std::string_view> allowed;
    std::vector<std::string_view> refused;
    for (const Operation& operation : all_operations()) {
      if (operation.group != group.name) continue;
      (policy.operations.count(operation.id) != 0 ? allowed : refused).push_back(operation.id);
    }
    std::string name(group.name);
    name.resize(std::max<std::size_t>(name.size(), 20), ' ');
    const std::string holds = refused.empty() ? "all" : allowed.empty() ? "none" : joined(allowed);
    out += "    " + name + " " + holds + "\n";
  }
}

void add_patterns(std::string_view key, const Patterns& patterns, std::string& out) {
  if (!patterns.all.empty()) out += " " + std::string(key) + " " + joined(patterns.all);
}

std::string who(const Client& client) {
  std::string text;
  if (client.listener) text += " on " + *client.listener;
  if (const auto& peer = client.unix_peer) {
    text += !peer->uid && !peer->gid ? " any local user" : "";
    if (peer->uid) text += " uid " + std::to_string(*peer->uid);
    if (peer->gid) text += " gid " + std::to_string(*peer->gid);
  }
  if (const auto& certificate = client.certificate) {
    std::string names;
    add_patterns("common_name", certificate->common_name, names);
    add_patterns("dns", certificate->dns, names);
    add_patterns("uri", certificate->uri, names);
    add_patterns("email", certificate->email, names);
    add_patterns("organization_unit", certificate->organization_unit, names);
    add_patterns("issuer", certificate->issuer, names);
    add_patterns("fingerprint_sha256", certificate->fingerprint_sha256, names);
    add_patterns("public_key_sha256", certificate->public_key_sha256, names);
    text += names.empty() ? " any certificate" : " certificate with" + names;
  }
  if (!client.address.empty()) text += " from " + joined(client.address);
  return text.empty() ? " everybody" : text;
}

std::string how_much(const Client& client, const Limits& limits) {
  const ClientLimits& own = client.limits;
  std::string text =
      std::to_string(own.connections.value_or(limits.connections_per_client)) + " connections, ";
  if (own.requests_per_second != 0) {
    const auto burst = own.burst != 0 ? own.burst : own.requests_per_second;
    text += std::to_string(own.requests_per_second) + " requests a second (" +
            std::to_string(burst) + " at once), ";
  }
  return text + std::to_string(own.inspected_bodies) + " inspected bodies";
}

std::string octal(std::uint32_t mode) {
  char text[16];
  std::snprintf(text, sizeof text, "%04o", mode);
  return text;
}

std::string described(const Listen& listen) {
  if (listen.unix_address() != nullptr) {
    return listen.text() + " mode " + octal(listen.mode) +
           (listen.group.empty() ? "" : " group " + listen.group);
  }
  if (!listen.tls) return listen.text() + " in plain bytes: whoever reaches it is let in";
  const bool is_1_3 = listen.tls->minimum == Tls::Minimum::tls_1_3;
  return listen.text() + " TLS " + (is_1_3 ? "1.3" : "1.2 and 1.3") + ", certificate " +
         listen.tls->certificate + ", clients of " + listen.tls->client_ca +
         (listen.tls->crl.empty() ? ", revocation unknown" : ", less those in " + listen.tls->crl);
}

std::string described(const AuditSettings& audit) {
  const bool synced = audit.durability == AuditSettings::Durability::synced;
  std::string out = audit.file == "-" ? "standard output" : audit.file;
  out += synced ? ", on the disk before the Engine is asked" : "";
  out += audit.reads == AuditSettings::Reads::refuse
             ? "; while it cannot be written all is refused"
             : "; while it cannot be written reads are answered, all else is refused";
  const AuditSettings::Rotation& rotate = audit.rotate;
  if (rotate.size != 0 || rotate.age.count() != 0) {
    out += "\n        rotated";
    if (rotate.size != 0) out += " at " + std::to_string(rotate.size) + " bytes";
    if (rotate.age.count() != 0) out += " after " + std::to_string(rotate.age.count()) + " s";
    out += rotate.keep == 0 ? ", all kept" : ", " + std::to_string(rotate.keep) + " kept";
    out += rotate.compress ? ", compressed" : "";
  }
  if (!audit.signing_key.empty()) {
    out += "\n        signed every " + std::to_string(audit.signed_every) + " records with " +
           audit.signing_key;
  }
  if (audit.syslog) out += "\n        and to syslog at " + audit.syslog->address;
  if (!audit.journal.empty()) out += "\n        and to the journal at " + audit.journal;
  return out;
}

std::string in_words(Confinement::SystemCalls calls) {
  switch (calls) {
    case Confinement::SystemCalls::enforce:
      return "that it does not need fail";
    case Confinement::SystemCalls::kill:
      return "that it does not need kill it";
    case Confinement::SystemCalls::log:
      return "that it does not need are logged by the kernel, and done";
    case Confinement::SystemCalls::off:
      break;
  }
  return "are not restricted";
}

std::string in_words(Confinement::FileAccess access) {
  switch (access) {
    case Confinement::FileAccess::enforce:
      return "are those that these settings name";
    case Confinement::FileAccess::best_effort:
      return "are those that these settings name, where the kernel helps";
    case Confinement::FileAccess::off:
      break;
  }
  return "are not restricted";
}

void describe(const Confinement::Ulimits& limits, std::string& out) {
  const std::pair<std::string_view, std::optional<std::uint64_t>> all[] = {
      {"nofile", limits.nofile},
      {"nproc", limits.nproc},
      {"fsize", limits.fsize},
      {"as", limits.as}};
  for (const auto& [name, value] : all) {
    if (value) out += "; " + std::string(name) + " " + std::to_string(*value);
  }
}

std::string described(const Confinement& confinement) {
  std::string out = "as ";
  if (const auto& user = confinement.user) {
    out += "user " + std::to_string(user->uid) + ", group " + std::to_string(user->gid) +
           ", those of the sockets";
    for (const std::uint32_t group : confinement.groups) out += ", " + std::to_string(group);
    out += ", without capabilities";
  } else {
    out += "whoever starts it";
  }
  out += confinement.no_new_privileges ? "; no new privileges" : "; new privileges may be had";
  out += confinement.dumpable ? "; may be dumped and traced" : "; no core dumps";
  describe(confinement.ulimits, out);
  out += "\n        system calls " + in_words(confinement.system_calls);
  return out + "\n        files and folders " + in_words(confinement.file_access);
}

}  // namespace

std::string describe(const Policy& policy) {
  std::string out = "policy " + policy.name + ": ";
  out += policy.mode == Mode::enforce ? "enforced\n"
                                      : "warns only: refuses nothing that can be read\n";
  describe_operations(policy, out);
  describe_part("container.allow", container_allow_keys, policy.container, out);
  describe_part("container.require", container_require_keys, policy.require, out);
  describe_part("container.set", container_set_keys, policy, out);
  describe_part("volume.allow", volume_allow_keys, policy.volume, out);
  describe_part("network.allow", network_allow_keys, policy.network, out);
  describe_part("exec.allow", exec_allow_keys, policy.exec, out);
  describe_part("image", image_keys, policy.image, out);
  describe_part("image.allow", image_allow_keys, policy.image, out);
  describe_part("registry.allow", registry_allow_keys, policy.registry, out);
  describe_part("build", build_keys, policy.build, out);
  describe_part("build.allow", build_allow_keys, policy.build, out);
  describe_part("service.allow", service_allow_keys, policy.service, out);
  describe_part("swarm.allow", swarm_allow_keys, policy.swarm, out);
  describe_part("node.allow", node_allow_keys, policy.node, out);
  describe_part("secret.allow", secret_allow_keys, policy.secret, out);
  describe_part("config.allow", config_allow_keys, policy.config, out);
  describe_part("plugin.allow", plugin_allow_keys, policy.plugin, out);
  return out;
}

std::string describe(const Settings& settings) {
  std::string out = "engine  " + settings.engine.text() + "\n";
  for (const Listen& listen : settings.listen) out += "listen  " + described(listen) + "\n";
  out += "admin   " + (settings.admin ? described(*settings.admin) : "nowhere") + "\n";
  out += "paths   ";
  out += settings.host_root.empty()
             ? "of the host are judged as they are written: no links are followed\n"
             : "of the host are followed below " + settings.host_root + "\n";
  out += "audit   " + described(settings.audit) + "\n";
  out += "log     " + std::string(name_of(settings.log.level)) + " and above, as ";
  out += settings.log.format == Log::Format::json ? "JSON\n" : "text\n";
  out += "runs    " + described(settings.confinement) + "\n";
  out += "reload  ";
  out += settings.reload.revoke ? "ends streams and tunnels that the new settings would refuse\n"
                                : "leaves streams and tunnels as they began\n";
  out += "clients, the first that matches; everybody else is refused\n";
  std::set<std::string_view> named;
  for (const Client& client : settings.clients) {
    out += "  " + client.name + ":" + who(client) + " -> policy " + client.policy->name + "; " +
           how_much(client, settings.limits) + "\n";
  }
  for (const Client& client : settings.clients) {
    if (named.insert(client.policy->name).second) out += "\n" + describe(*client.policy);
  }
  return out;
}

}  // namespace dockgate::policy
