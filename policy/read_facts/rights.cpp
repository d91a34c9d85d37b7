// Readers of what a process may do: capabilities, profiles, users.
#include <span>
#include <string>
#include <string_view>

#include "policy/facts.h"
#include "policy/json.h"
#include "policy/place.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

// What the Engine hides and write-protects by default since it has had these lists (20.10). A
// list with all of it, and maybe more, asks for nothing.
constexpr std::string_view default_masked_paths[] = {
    "/proc/asound",
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
};
constexpr std::string_view default_readonly_paths[] = {
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/sys",
    "/proc/sysrq-trigger",
};

bool holds_all(const Json& list, std::span<const std::string_view> wanted) {
  for (const std::string_view path : wanted) {
    bool found = false;
    for (const Json& item : list.items) found = found || item.text == path;
    if (!found) return false;
  }
  return true;
}

// Go's strings.ToUpper reaches ASCII from two letters outside it, and the Engine upper-cases
// capabilities with it: U+017F is S, U+0131 is I.
std::string capability_name(std::string_view written) {
  std::string name;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const std::string_view rest = written.substr(i);
    const bool long_s = rest.substr(0, 2) == "\u017f";
    const bool dotless_i = rest.substr(0, 2) == "\u0131";
    if (long_s || dotless_i) {
      name += long_s ? 'S' : 'I';
      ++i;
    } else {
      const char c = written[i];
      name += c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
    }
  }
  constexpr std::string_view prefix = "CAP_";
  if (name.compare(0, prefix.size(), prefix) == 0) name.erase(0, prefix.size());
  return name;
}

void read_capabilities(const Json& value, const Place& place, std::vector<Asked>& out) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    out.push_back({capability_name(value.items[i].text), place.item(i).text()});
  }
}

// Go's strconv.ParseBool; anything else is an error to the Engine, and kept as written.
std::string boolean_word(std::string_view word) {
  for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (word == yes) return "true";
  }
  for (const std::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (word == no) return "false";
  }
  return std::string(word);
}

// `key=value`, or `key:value` where there is no `=`, or a bare word.
SecurityOption security_option(std::string_view text, std::string at) {
  const std::size_t equals = text.find('=');
  const std::size_t end = equals != std::string_view::npos ? equals : text.find(':');
  if (end == std::string_view::npos) {
    if (text == "no-new-privileges") return {std::string(text), "true", std::move(at)};
    return {std::string(text), "", std::move(at)};
  }
  SecurityOption option{
      std::string(text.substr(0, end)), std::string(text.substr(end + 1)), std::move(at)};
  if (option.key == "no-new-privileges") option.value = boolean_word(option.value);
  return option;
}

}  // namespace

void read_privileged(const Json& value, const Place& place, Facts& facts) {
  if (value.boolean) facts.privileged = Asked{"true", place.text()};
}

void read_exec_privileged(const Json& value, const Place& place, Facts& facts) {
  if (value.boolean) facts.exec_privileged = Asked{"true", place.text()};
}

void read_cap_add(const Json& value, const Place& place, Facts& facts) {
  read_capabilities(value, place, facts.cap_add);
}

void read_cap_drop(const Json& value, const Place& place, Facts& facts) {
  read_capabilities(value, place, facts.cap_drop);
}

void read_security_opt(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    facts.security_opt.push_back(security_option(value.items[i].text, place.item(i).text()));
  }
}

void read_masked_paths(const Json& value, const Place& place, Facts& facts) {
  if (!holds_all(value, default_masked_paths)) {
    facts.masked_paths = Asked{to_text(value), place.text()};
  }
}

void read_readonly_paths(const Json& value, const Place& place, Facts& facts) {
  if (!holds_all(value, default_readonly_paths)) {
    facts.readonly_paths = Asked{to_text(value), place.text()};
  }
}

void read_user(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.user = Asked{value.text, place.text()};
}

void read_working_dir(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.working_dir = Asked{value.text, place.text()};
}

void read_group_add(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    facts.group_add.push_back({value.items[i].text, place.item(i).text()});
  }
}

void read_read_only(const Json& value, const Place& place, Facts& facts) {
  if (value.boolean) facts.read_only = Asked{"true", place.text()};
}

}  // namespace dockgate::policy
