// What a policy judges, one danger a file. Every check reads facts and adds a reason for each thing
// that the policy does not allow; none of them stops another.
#pragma once

#include "policy/facts.h"
#include "policy/policy.h"
#include "policy/verdict.h"

namespace dockgate::policy {

using Check = void (*)(const Facts& facts, const Policy& policy, Reasons& reasons);

void check_body(const Facts&, const Policy&, Reasons&);          // unknown fields
void check_privileged(const Facts&, const Policy&, Reasons&);    // --privileged, exec --privileged
void check_capabilities(const Facts&, const Policy&, Reasons&);  // cap_add
void check_security_options(const Facts&, const Policy&, Reasons&);  // security_opt, masked paths
void check_bind_mounts(const Facts&, const Policy&, Reasons&);       // host paths, runtime sockets
void check_volumes(const Facts&, const Policy&, Reasons&);           // drivers and their options
void check_namespaces(const Facts&, const Policy&, Reasons&);        // network_mode, pid, ipc, …
void check_devices(const Facts&, const Policy&, Reasons&);           // devices, rules, requests
void check_runtime(const Facts&, const Policy&, Reasons&);  // runtime, cgroup_parent, sysctls, …
void check_logging(const Facts&, const Policy&, Reasons&);  // log drivers and their options
void check_user(const Facts&, const Policy&, Reasons&);     // user, group_add, working_dir
void check_labels(const Facts&, const Policy&, Reasons&);
void check_ports(const Facts&, const Policy&, Reasons&);
void check_limits(const Facts&, const Policy&, Reasons&);     // OOM settings, ulimits
void check_networks(const Facts&, const Policy&, Reasons&);   // what NetworkCreate makes
void check_endpoints(const Facts&, const Policy&, Reasons&);  // aliases, addresses, extra_hosts
void check_process(const Facts&, const Policy&, Reasons&);    // command, environment, restart, …
void check_images(const Facts&, const Policy&, Reasons&);     // references, imports, registries
void check_builds(const Facts&, const Policy&, Reasons&);     // remote contexts, BuildKit, FROM
void check_copies(const Facts&, const Policy&, Reasons&);     // archives, checkpoints
void check_services(const Facts&, const Policy&, Reasons&);   // placement, secrets, rollback
void check_swarm(const Facts&, const Policy&, Reasons&);      // addresses, authorities, nodes
void check_secrets(const Facts&, const Policy&, Reasons&);    // secrets and configs that are made
void check_plugins(const Facts&, const Policy&, Reasons&);    // names, privileges, settings
void check_required(const Facts&, const Policy&, Reasons&);   // container.require

// In the order in which they report.
// clang-format off
inline constexpr Check all_checks[] = {
    check_body,
    check_privileged,
    check_capabilities,
    check_security_options,
    check_bind_mounts,
    check_volumes,
    check_namespaces,
    check_devices,
    check_runtime,
    check_logging,
    check_user,
    check_labels,
    check_ports,
    check_limits,
    check_networks,
    check_endpoints,
    check_process,
    check_images,
    check_builds,
    check_copies,
    check_services,
    check_swarm,
    check_secrets,
    check_plugins,
    check_required,
};
// clang-format on

}  // namespace dockgate::policy
