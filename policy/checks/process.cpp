#include "policy/checks/checks.h"
#include "policy/checks/mends.h"
#include "policy/needed_references.h"

namespace dockgate::policy {
namespace {

// Where every container runs with a GPU runtime, its hooks run as root on the host with what the
// container's environment says.
void check_hook_variables(const Facts& facts, Reasons& reasons) {
  if (!is_gpu_runtime(facts.engine_runtime)) return;
  for (const Asked& variable : facts.environment) {
    if (!reaches_hooks(variable.value)) continue;
    reasons.add("container.environment",
                variable.at,
                variable.value,
                "leave it out: the Engine's default runtime `" + facts.engine_runtime +
                    "` reads it on the host");
  }
}

std::string seconds(std::int64_t nanoseconds) {
  std::string text = std::to_string(static_cast<double>(nanoseconds) / 1e9);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + " s";
}

// A health check runs without the entrypoint: it has to be listed as one, and as a command.
void check_healthcheck(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const ContainerAllow& allow = policy.container;
  refuse_unlisted({"container", "entrypoint", allow.entrypoint}, facts.shell, policy, reasons);
  if (facts.healthcheck) {
    const HealthCheck& check = *facts.healthcheck;
    const std::string shell = (facts.shell ? facts.shell->value : "sh -c") + " ";
    const Asked run{(check.in_shell ? shell : "") + check.command, check.at};
    refuse_unlisted({"container", "command", allow.command}, run, policy, reasons);
    refuse_unlisted({"container", "entrypoint", allow.entrypoint}, run, policy, reasons);
  }
  for (const AskedNumber& interval : facts.healthcheck_intervals) {
    if (interval.value >= allow.healthcheck_interval) continue;
    reasons.add("container.healthcheck_interval",
                interval.at,
                seconds(interval.value),
                "check at most every " + seconds(allow.healthcheck_interval));
  }
}

// No policy allows more: of other processes than the container's nobody here can say whose they
// are.
void check_ps_arguments(const Facts& facts, Reasons& reasons) {
  if (!facts.odd_ps_arguments) return;
  reasons.add("container.ps_args",
              facts.odd_ps_arguments->at,
              facts.odd_ps_arguments->value,
              "give ps letters such as -ef or aux, or columns with pid first: -o pid,user,args");
}

}  // namespace

// What runs, with which environment, how often, and whether it comes back by itself.
void check_process(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const bool exec = facts.of == Facts::Of::exec;
  const std::string_view part = exec ? "exec" : "container";
  const ContainerAllow& allow = policy.container;
  refuse_unlisted({part, "environment", exec ? policy.exec.environment : allow.environment},
                  facts.environment,
                  policy,
                  reasons);
  refuse_unlisted({part, "command", exec ? policy.exec.command : allow.command},
                  facts.command,
                  policy,
                  reasons);
  refuse_unlisted({"container", "entrypoint", allow.entrypoint}, facts.entrypoint, policy, reasons);
  refuse_unlisted({"container", "restart", allow.restart}, facts.restart, policy, reasons);
  check_hook_variables(facts, reasons);
  check_healthcheck(facts, policy, reasons);
  check_ps_arguments(facts, reasons);
}

}  // namespace dockgate::policy
