#include "policy/load/read_confinement.h"

#include <charconv>
#include <limits>
#include <string>
#include <string_view>

namespace dockgate::policy {
namespace {

using Find = std::function<std::optional<std::uint32_t>(const std::string&)>;

// The last number means "leave it as it is" to the kernel.
constexpr std::uint32_t no_id = std::numeric_limits<std::uint32_t>::max();

// What is given by its number, or by its name.
class Ids {
 public:
  Ids(const YAML::Node& node, Settings& settings, YamlProblems& problems)
      : node_(node), settings_(settings), problems_(problems) {}

  std::optional<std::uint32_t> find(std::string_view what,
                                    std::string_view text,
                                    const Find& named) {
    std::uint32_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = stop == text.data() + text.size() && !text.empty();
    if (is_number && error == std::errc() && number != no_id) return number;
    settings_.has_names = true;
    const auto id = is_number || !named ? std::nullopt : named(std::string(text));
    if (!id) {
      problems_.add(node_,
                    "this machine has no " + std::string(what) + " `" + std::string(text) + "`");
    }
    return id;
  }

 private:
  const YAML::Node& node_;
  Settings& settings_;
  YamlProblems& problems_;
};

// `dockgate`, `dockgate:ci`, `65532`, `65532:65532`.
void read_user(const YAML::Node& node,
               const Surroundings& around,
               Settings& settings,
               YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return;
  const std::size_t colon = text->find(':');
  Ids ids(node, settings, problems);
  const auto uid = ids.find("user", std::string_view(*text).substr(0, colon), around.user_id);
  if (!uid) return;
  std::optional<std::uint32_t> gid;
  if (colon != std::string::npos) {
    gid = ids.find("group", std::string_view(*text).substr(colon + 1), around.group_id);
    if (!gid) return;
  } else if (around.group_of_user) {
    settings.has_names = true;
    gid = around.group_of_user(*uid);
  }
  if (!gid) {
    problems.add(node, "the group of `" + *text + "` is not known", "write it as user:group");
  } else if (*uid == 0 || *gid == 0) {
    problems.add(node, "`user` is who dockgate becomes in place of root", "name another");
  } else {
    settings.confinement.user = Confinement::User{*uid, *gid};
  }
}

void read_groups(const YAML::Node& node,
                 const Surroundings& around,
                 Settings& settings,
                 YamlProblems& problems) {
  for (const YAML::Node& item : list_of(node, problems)) {
    const auto text = text_of(item, problems);
    if (!text) continue;
    const auto gid = Ids(item, settings, problems).find("group", *text, around.group_id);
    if (gid) settings.confinement.groups.push_back(*gid);
  }
}

void read_ulimit(const YamlEntry& entry,
                 const std::optional<std::int64_t>& amount,
                 std::int64_t least,
                 std::optional<std::uint64_t>& out,
                 YamlProblems& problems) {
  if (!amount) return;
  if (*amount >= least) {
    out = static_cast<std::uint64_t>(*amount);
  } else {
    problems.add(entry.value, "`" + entry.key + "` is at least " + std::to_string(least));
  }
}

// Below these dockgate could not even start.
constexpr std::int64_t least_nofile = 64;
constexpr std::int64_t least_nproc = 8;
constexpr std::int64_t least_fsize = 64 * 1024;
constexpr std::int64_t least_as = 64 * 1024 * 1024;

void read_ulimits(const YAML::Node& node, Confinement::Ulimits& limits, YamlProblems& problems) {
  constexpr std::string_view known[] = {"nofile", "nproc", "fsize", "as"};
  for (const YamlEntry& entry : entries_of(node, "confinement.ulimits", problems)) {
    if (entry.key == "nofile") {
      const auto number = integer_of(entry.value, problems);
      read_ulimit(entry, number, least_nofile, limits.nofile, problems);
    } else if (entry.key == "nproc") {
      const auto number = integer_of(entry.value, problems);
      read_ulimit(entry, number, least_nproc, limits.nproc, problems);
    } else if (entry.key == "fsize") {
      const auto bytes = bytes_of(entry.value, problems);
      read_ulimit(entry, bytes, least_fsize, limits.fsize, problems);
    } else if (entry.key == "as") {
      read_ulimit(entry, bytes_of(entry.value, problems), least_as, limits.as, problems);
    } else {
      add_unknown_key(entry, "confinement.ulimits", known, problems);
    }
  }
}

// What only makes sense with each other.
void check(const YAML::Node& node, const Confinement& confinement, YamlProblems& problems) {
  const bool needs_it = confinement.system_calls != Confinement::SystemCalls::off ||
                        confinement.file_access != Confinement::FileAccess::off;
  if (needs_it && !confinement.no_new_privileges) {
    problems.add(node,
                 "`system_calls` and `file_access` need `no_new_privileges`",
                 "leave it, or turn them off too");
  }
  if (!confinement.groups.empty() && !confinement.user) {
    problems.add(node, "`groups` are those of a `user`", "name one");
  }
}

}  // namespace

void read_confinement(const YAML::Node& node,
                      const Surroundings& around,
                      Settings& settings,
                      YamlProblems& problems) {
  using Calls = Confinement::SystemCalls;
  using Files = Confinement::FileAccess;
  constexpr std::string_view known[] = {
      "user", "groups", "no_new_privileges", "dumpable", "system_calls", "file_access", "ulimits"};
  Confinement& out = settings.confinement;
  for (const YamlEntry& entry : entries_of(node, "confinement", problems)) {
    if (entry.key == "user") {
      read_user(entry.value, around, settings, problems);
    } else if (entry.key == "groups") {
      read_groups(entry.value, around, settings, problems);
    } else if (entry.key == "no_new_privileges") {
      out.no_new_privileges = boolean_of(entry.value, problems).value_or(true);
    } else if (entry.key == "dumpable") {
      out.dumpable = boolean_of(entry.value, problems).value_or(false);
    } else if (entry.key == "system_calls") {
      read_word<Calls>(entry,
                       {{"enforce", Calls::enforce},
                        {"kill", Calls::kill},
                        {"log", Calls::log},
                        {"off", Calls::off}},
                       out.system_calls,
                       problems);
    } else if (entry.key == "file_access") {
      read_word<Files>(
          entry,
          {{"enforce", Files::enforce}, {"best_effort", Files::best_effort}, {"off", Files::off}},
          out.file_access,
          problems);
    } else if (entry.key == "ulimits") {
      read_ulimits(entry.value, out.ulimits, problems);
    } else {
      add_unknown_key(entry, "confinement", known, problems);
    }
  }
  check(node, out, problems);
}

}  // namespace dockgate::policy
