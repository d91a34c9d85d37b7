// Requests that the fuzzer's bytes mutate: what goes on to the Engine, read again, is the same and
// judged the same; and what `baseline` allows asks for nothing that reaches the host.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/fuzz/judged.h"
#include "tests/fuzz/property.h"
#include "tests/support/mutated_request.h"

namespace {

using namespace dockgate;
using tests::expect;

// An Engine that has nothing but two containers: one that shares all it may, and the host's.
policy::Answer answer_to(const policy::Lookup& lookup) {
  const bool container = lookup.kind == policy::ReferenceKind::container;
  if (!container || (lookup.name != "plain" && lookup.name != "hosted")) {
    return {policy::Answer::Kind::missing, ""};
  }
  const std::string mode = lookup.name == "plain" ? "none" : "host";
  return {policy::Answer::Kind::found,
          R"({"Id": "0123456789abcdef", "Config": {}, "HostConfig": {"NetworkMode": ")" + mode +
              R"("}})"};
}

policy::Verdict judged(const policy::Request& request) {
  const policy::Policy& baseline = tests::preset("baseline");
  return policy::judge(request, tests::answers_for(request, baseline, answer_to), baseline);
}

bool is_default_capability(const policy::Asked& asked) {
  static const std::set<std::string> defaults = {"AUDIT_WRITE",
                                                 "CHOWN",
                                                 "DAC_OVERRIDE",
                                                 "FOWNER",
                                                 "FSETID",
                                                 "KILL",
                                                 "MKNOD",
                                                 "NET_RAW",
                                                 "SETFCAP",
                                                 "SETGID",
                                                 "SETUID",
                                                 "SETPCAP",
                                                 "SYS_CHROOT",
                                                 "NET_BIND_SERVICE"};
  return defaults.count(asked.value) != 0;
}

bool is_tightening(const policy::SecurityOption& option) {
  if (option.key == "seccomp") return option.value.empty() || option.value == "builtin";
  return (option.key == "no-new-privileges" && option.value == "true") ||
         (option.key == "apparmor" && option.value == "docker-default");
}

bool is_private(const policy::Namespace& asked) {
  if (asked.mode == "host" || asked.mode == "container:hosted") return false;
  switch (asked.kind) {
    case policy::NamespaceKind::network:
      return true;
    case policy::NamespaceKind::pid:
      return asked.mode == "container:plain";
    case policy::NamespaceKind::ipc:
      return asked.mode == "container:plain" || asked.mode == "shareable";
    case policy::NamespaceKind::uts:
    case policy::NamespaceKind::user:
    case policy::NamespaceKind::cgroup:
      return false;
  }
  return false;
}

void expect_no_rights(const policy::Facts& facts) {
  expect(!facts.privileged && !facts.exec_privileged, "nothing privileged is allowed");
  expect(std::all_of(facts.cap_add.begin(), facts.cap_add.end(), is_default_capability),
         "capabilities stay within the default");
  expect(std::all_of(facts.security_opt.begin(), facts.security_opt.end(), is_tightening),
         "security options only tighten");
  expect(!facts.masked_paths && !facts.readonly_paths, "/proc and /sys stay masked");
  expect(facts.unknown_fields.empty(), "all is known");
}

void expect_no_host(const policy::Facts& facts) {
  expect(facts.bind_mounts.empty() && facts.odd_mounts.empty(), "no bind mounts");
  expect(facts.volume_options.empty() && facts.volume_drivers.empty(), "plain volumes alone");
  expect(std::all_of(facts.namespaces.begin(), facts.namespaces.end(), is_private),
         "no namespace of the host");
  expect(
      facts.devices.empty() && facts.device_cgroup_rules.empty() && facts.device_requests.empty(),
      "no devices");
  expect(!facts.runtime || facts.runtime->value == "runc" ||
             facts.runtime->value == "io.containerd.runc.v2",
         "the usual runtime");
  expect(!facts.cgroup_parent && facts.annotations.empty(), "no control group of the host");
  expect(!facts.log_driver || facts.log_driver->value == "json-file" ||
             facts.log_driver->value == "local" || facts.log_driver->value == "none",
         "logs stay here");
  expect(!facts.network_driver && !facts.network_config_from && !facts.network_scope &&
             facts.network_options.empty(),
         "plain bridges alone");
  expect(!facts.build_remote && !facts.buildkit && !facts.checkpoint, "nothing past the request");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  tests::Choices choices(tests::text_of(bytes, size));
  const tests::MutatedRequest sent = tests::mutated_request(choices);
  auto target = policy::read_target(sent.method, sent.target);
  if (!target) return 0;
  const auto once = policy::read_request(std::move(*target), sent.body);
  if (!once) return 0;
  const std::string written_target = policy::canonical_target(*once, {});
  const std::string written = policy::canonical_body(*once, {});
  auto target_again = policy::read_target(sent.method, written_target);
  expect(target_again.has_value(), "the canonical target can be read");
  const auto twice = policy::read_request(std::move(*target_again), written);
  expect(twice.has_value(), "the canonical body can be read");
  expect(policy::canonical_target(*twice, {}) == written_target, "it is its own canonical target");
  expect(policy::canonical_body(*twice, {}) == written, "it is its own canonical body");
  const policy::Verdict first = judged(*once);
  const policy::Verdict second = judged(*twice);
  expect(first.allowed() == second.allowed(), "it is allowed or refused again");
  expect(tests::rules_of(first.reasons()) == tests::rules_of(second.reasons()),
         "it is judged the same");
  tests::expect_sources_in_place(*once);
  if (!second.allowed()) return 0;
  expect_no_rights(*twice->facts);
  expect_no_host(*twice->facts);
  return 0;
}
