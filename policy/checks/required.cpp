#include <algorithm>
#include <charconv>
#include <string_view>

#include "policy/checks/checks.h"

namespace dockgate::policy {
namespace {

// A user name is looked up in the image's own passwd file, which may call uid 0 anything: only a
// number says that it is not root.
bool is_surely_not_root(std::string_view user) {
  const std::string_view uid = user.substr(0, user.find(':'));
  std::int32_t number = 0;
  const auto [stop, error] = std::from_chars(uid.data(), uid.data() + uid.size(), number);
  return error == std::errc() && stop == uid.data() + uid.size() && number > 0;
}

// Where a setting that is missing would stand, and what gives it.
struct Setting {
  std::string_view at;
  std::string_view flag;
};

struct Settings {
  std::string_view user;  // its place
  Setting cap_drop;
  Setting no_new_privileges;
  Setting read_only;
  Setting mem_limit;
  Setting memswap_limit;
  Setting cpus;
  Setting pids_limit;
};

constexpr Setting shm_size{"/HostConfig/ShmSize", "--shm-size"};

constexpr Settings of_container{
    .user = "/User",
    .cap_drop = {"/HostConfig/CapDrop", "--cap-drop"},
    .no_new_privileges = {"/HostConfig/SecurityOpt", "--security-opt no-new-privileges"},
    .read_only = {"/HostConfig/ReadonlyRootfs",
                  "--read-only, and --tmpfs for what must be written"},
    .mem_limit = {"/HostConfig/Memory", "--memory"},
    .memswap_limit = {"/HostConfig/MemorySwap", "--memory-swap"},
    .cpus = {"/HostConfig/NanoCpus", "--cpus"},
    .pids_limit = {"/HostConfig/PidsLimit", "--pids-limit"},
};

// The CLI has no flag for what only newer APIs take of a service.
constexpr Settings of_service{
    .user = "/TaskTemplate/ContainerSpec/User",
    .cap_drop = {"/TaskTemplate/ContainerSpec/CapabilityDrop", "--cap-drop"},
    .no_new_privileges = {"/TaskTemplate/ContainerSpec/Privileges/NoNewPrivileges",
                          "Privileges.NoNewPrivileges of API 1.44"},
    .read_only = {"/TaskTemplate/ContainerSpec/ReadOnly",
                  "--read-only, and a tmpfs for what must be written"},
    .mem_limit = {"/TaskTemplate/Resources/Limits/MemoryBytes", "--limit-memory"},
    .memswap_limit = {"/TaskTemplate/Resources/SwapBytes", "SwapBytes of API 1.52"},
    .cpus = {"/TaskTemplate/Resources/Limits/NanoCPUs", "--limit-cpu"},
    .pids_limit = {"/TaskTemplate/Resources/Limits/Pids", "--limit-pids"},
};

const Settings& settings_of(const Facts& facts) {
  return facts.service ? of_service : of_container;
}

void require_user(const Facts& facts, const Policy& policy, Reasons& reasons) {
  if (!policy.require.non_root) return;
  // An exec without a user runs as its container's, which is judged with the container.
  if (facts.of == Facts::Of::exec && !facts.user) return;
  if (facts.user && is_surely_not_root(facts.user->value)) return;
  reasons.add("container.require.user",
              facts.user ? facts.user->at : std::string(settings_of(facts).user),
              facts.user ? facts.user->value : "the image's user",
              "name a user by a number above 0, as --user 1000 does");
}

void require_cap_drop(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const auto dropped = [&facts](const std::string& capability) {
    return std::any_of(facts.cap_drop.begin(), facts.cap_drop.end(), [&](const Asked& asked) {
      return asked.value == "ALL" || asked.value == capability;
    });
  };
  for (const std::string& capability : policy.require.cap_drop) {
    if (dropped(capability)) continue;
    const Setting& setting = settings_of(facts).cap_drop;
    reasons.add("container.require.cap_drop",
                std::string(setting.at),
                "without " + capability,
                "add " + std::string(setting.flag) + " " + capability);
  }
}

// The Engine takes the last of several.
bool has_no_new_privileges(const Facts& facts) {
  bool set = false;
  for (const SecurityOption& option : facts.security_opt) {
    if (option.key == "no-new-privileges") set = option.value == "true";
  }
  return set;
}

struct Limit {
  std::string_view name;  // by Compose
  const Setting& setting;
  const std::optional<AskedNumber>& asked;
  const std::optional<std::int64_t>& at_most;
};

void require_limit(const Limit& limit, Reasons& reasons) {
  if (!limit.at_most) return;
  const bool within = limit.asked && limit.asked->value > 0 && limit.asked->value <= *limit.at_most;
  if (within) return;
  reasons.add("container.require." + std::string(limit.name),
              limit.asked ? limit.asked->at : std::string(limit.setting.at),
              limit.asked ? std::to_string(limit.asked->value) : "no limit",
              "ask for at most " + std::to_string(*limit.at_most) + " with " +
                  std::string(limit.setting.flag));
}

// A quota takes the place of NanoCpus, whatever that says, and a negative one is none at all.
bool is_within(const AskedNumber& quota, const Facts& facts, std::int64_t nano_cpus) {
  constexpr std::int64_t default_period = 100'000;
  const std::int64_t period = facts.cpu_period ? facts.cpu_period->value : default_period;
  return quota.value > 0 && period > 0 &&
         static_cast<long double>(quota.value) * 1e9L <=
             static_cast<long double>(nano_cpus) * static_cast<long double>(period);
}

void require_cpus(const Facts& facts, const Limit& limit, Reasons& reasons) {
  if (!limit.at_most) return;
  const auto refuse = [&reasons](const AskedNumber& asked, std::string mend) {
    reasons.add("container.require.cpus", asked.at, std::to_string(asked.value), std::move(mend));
  };
  if (facts.cpu_realtime_runtime) {
    refuse(*facts.cpu_realtime_runtime, "leave it out: no quota holds real-time processes");
  }
  if (facts.cpu_period && !facts.cpu_quota) {
    refuse(*facts.cpu_period, "give --cpu-quota with it, or --cpus in its place");
  }
  if (!facts.cpu_quota || limit.asked) require_limit(limit, reasons);
  if (!facts.cpu_quota || is_within(*facts.cpu_quota, facts, *limit.at_most)) return;
  const bool by_period = facts.cpu_period && facts.cpu_quota->value > 0;
  refuse(by_period ? *facts.cpu_period : *facts.cpu_quota,
         "ask for a quota above 0 that is at most " + std::to_string(*limit.at_most) +
             " billionths of its period, or for --cpus in its place");
}

// What a build's steps may take: a build need not say, but may not ask for more.
void bound_build(const Facts& facts, const ContainerRequire& require, Reasons& reasons) {
  const Limit limits[] = {
      {"mem_limit", of_container.mem_limit, facts.mem_limit, require.mem_limit},
      {"memswap_limit", of_container.memswap_limit, facts.memswap_limit, require.memswap_limit},
      {"shm_size", shm_size, facts.shm_size, require.shm_size},
  };
  for (const Limit& limit : limits) {
    if (limit.asked) require_limit(limit, reasons);
  }
}

}  // namespace

void check_required(const Facts& facts, const Policy& policy, Reasons& reasons) {
  if (facts.of == Facts::Of::build) bound_build(facts, policy.require, reasons);
  if (facts.of != Facts::Of::container && facts.of != Facts::Of::exec) return;
  require_user(facts, policy, reasons);
  if (facts.of != Facts::Of::container) return;
  const ContainerRequire& require = policy.require;
  const Settings& settings = settings_of(facts);
  require_cap_drop(facts, policy, reasons);
  if (require.no_new_privileges && !has_no_new_privileges(facts)) {
    reasons.add("container.require.no_new_privileges",
                std::string(settings.no_new_privileges.at),
                "without no-new-privileges",
                "add " + std::string(settings.no_new_privileges.flag));
  }
  if (require.read_only && !facts.read_only) {
    reasons.add("container.require.read_only",
                std::string(settings.read_only.at),
                "a writable root file system",
                "add " + std::string(settings.read_only.flag));
  }
  const Limit limits[] = {
      {"mem_limit", settings.mem_limit, facts.mem_limit, require.mem_limit},
      {"memswap_limit", settings.memswap_limit, facts.memswap_limit, require.memswap_limit},
      {"pids_limit", settings.pids_limit, facts.pids_limit, require.pids_limit},
  };
  for (const Limit& limit : limits) require_limit(limit, reasons);
  require_cpus(facts, {"cpus", settings.cpus, facts.nano_cpus, require.nano_cpus}, reasons);
  // /dev/shm has a default size of its own, so only a larger wish needs looking at.
  if (facts.shm_size) {
    require_limit({"shm_size", shm_size, facts.shm_size, require.shm_size}, reasons);
  }
}

}  // namespace dockgate::policy
