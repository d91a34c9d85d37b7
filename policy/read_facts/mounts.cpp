// Readers of everything that is mounted: Binds, Mounts, VolumesFrom, volumes and their drivers.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "policy/facts.h"
#include "policy/host_path.h"
#include "policy/json.h"
#include "policy/place.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// What mount(8) has for a tmpfs. `bind`, `remount` and their like would make it another mount.
bool is_tmpfs_option(std::string_view word) {
  const std::string_view name = word.substr(0, word.find('='));
  if (name.size() < word.size()) {
    return word.find(',') == std::string_view::npos &&
           is_one_of(name, {"size", "mode", "uid", "gid", "nr_inodes", "nr_blocks"});
  }
  return is_one_of(word, {"",         "ro",         "rw",          "exec",          "noexec",
                          "suid",     "nosuid",     "dev",         "nodev",         "sync",
                          "async",    "atime",      "noatime",     "diratime",      "nodiratime",
                          "relatime", "norelatime", "strictatime", "nostrictatime", "defaults"});
}

// The third part of a bind: `ro,rshared`. False where the Engine would not know a word of it.
bool read_bind_mode(std::string_view mode, BindMount& bind) {
  if (mode.empty()) return true;
  for (const std::string_view word : split(mode, ',')) {
    if (word == "ro") {
      bind.access = Access::read_only;
    } else if (is_one_of(word, {"shared", "rshared", "slave", "rslave", "private", "rprivate"})) {
      bind.propagation = word;
    } else if (is_one_of(word, {"z", "Z"})) {
      bind.relabel = true;
    } else if (!is_one_of(word, {"rw", "nocopy", "consistent", "cached", "delegated"})) {
      return false;
    }
  }
  return true;
}

void add_volume(std::string_view name,
                std::string_view target,
                const std::string& at,
                Facts& facts) {
  facts.volumes.push_back({std::string(name), std::string(target), at});
  if (!name.empty()) {
    facts.references.push_back({ReferenceKind::volume, std::string(name), at});
  }
}

// `source:target[:mode]`, or a target alone: an anonymous volume.
void read_bind(const std::string& text, const std::string& at, Facts& facts) {
  const std::vector<std::string_view> parts = split(text, ':');
  BindMount bind{.at = at};
  if (parts.size() > 3 || (parts.size() == 3 && !read_bind_mode(parts[2], bind))) {
    facts.odd_mounts.push_back({text, at});
    return;
  }
  if (parts.size() == 1) {
    add_volume("", parts[0], at, facts);
    return;
  }
  if (parts[0].empty() || parts[0].front() != '/') {
    add_volume(parts[0], parts[1], at, facts);
    return;
  }
  bind.source = clean_path(parts[0]);
  bind.target = parts[1];
  facts.bind_mounts.push_back(std::move(bind));
}

void read_driver(const Json* config, const Place& place, Facts& facts) {
  if (config == nullptr) return;
  if (const Json* const name = config->find("Name")) {
    read_volume_driver(*name, place.field("Name"), facts);
  }
  if (const Json* const options = config->find("Options")) {
    read_volume_driver_opts(*options, place.field("Options"), facts);
  }
}

// What does not begin at the root is read as a path of another system, or from wherever the Engine
// was started.
bool is_absolute(std::string_view source) { return !source.empty() && source.front() == '/'; }

void read_bind_mount(const Json& mount, const Place& place, Facts& facts) {
  const std::string_view source = string_or(mount.find("Source"), "");
  if (!is_absolute(source)) {
    facts.odd_sources.push_back({std::string(source), place.field("Source").text()});
    return;
  }
  BindMount bind{.source = clean_path(source),
                 .target = std::string(string_or(mount.find("Target"), "")),
                 .at = place.text()};
  if (is_true(mount.find("ReadOnly"))) bind.access = Access::read_only;
  if (const Json* const options = mount.find("BindOptions")) {
    bind.propagation = string_or(options->find("Propagation"), "");
    // What is mounted beneath the source stays writable.
    if (is_true(options->find("ReadOnlyNonRecursive"))) bind.access = Access::read_write;
  }
  facts.bind_mounts.push_back(std::move(bind));
}

void read_volume_mount(const Json& mount, const Place& place, Facts& facts) {
  add_volume(string_or(mount.find("Source"), ""),
             string_or(mount.find("Target"), ""),
             place.text(),
             facts);
  if (const Json* const options = mount.find("VolumeOptions")) {
    const Place options_place = place.field("VolumeOptions");
    read_driver(options->find("DriverConfig"), options_place.field("DriverConfig"), facts);
  }
}

void read_mount(const Json& mount, const Place& place, Facts& facts) {
  const std::string_view type = string_or(mount.find("Type"), "");
  if (type == "bind") {
    read_bind_mount(mount, place, facts);
  } else if (type == "volume") {
    read_volume_mount(mount, place, facts);
  } else if (type == "cluster") {
    const Place source = place.field("Source");
    facts.cluster_volumes.push_back(
        {std::string(string_or(mount.find("Source"), "")), source.text()});
  } else if (type == "image") {
    const Place source = place.field("Source");
    facts.image_mounts.push_back({std::string(string_or(mount.find("Source"), "")), source.text()});
  } else if (type != "tmpfs") {
    facts.odd_mounts.push_back({std::string(type), place.field("Type").text()});
  }
}

}  // namespace

void read_binds(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    read_bind(value.items[i].text, place.item(i).text(), facts);
  }
}

void read_mounts(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    read_mount(value.items[i], place.item(i), facts);
  }
}

// `/run` -> `size=64m,noexec`
void read_tmpfs(const Json& value, const Place& place, Facts& facts) {
  for (const Member& tmpfs : value.members) {
    for (const std::string_view word : split(tmpfs.value.text, ',')) {
      if (is_tmpfs_option(word)) continue;
      facts.odd_mounts.push_back({std::string(word), place.member(tmpfs.key).text()});
    }
  }
}

// `[["noexec"], ["size", "64m"]]`
void read_tmpfs_options(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::vector<Json>& words = value.items[i].items;
    const std::string word = words.empty()       ? ""
                             : words.size() == 1 ? words[0].text
                                                 : words[0].text + "=" + words[1].text;
    if (words.size() <= 2 && is_tmpfs_option(word)) continue;
    facts.odd_mounts.push_back({word, place.item(i).text()});
  }
}

// `container[:mode]`: whatever that container mounts.
void read_volumes_from(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string& text = value.items[i].text;
    facts.references.push_back(
        {ReferenceKind::container, text.substr(0, text.find(':')), place.item(i).text()});
  }
}

void read_volume_driver(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty() || value.text == "local") return;
  facts.volume_drivers.push_back({value.text, place.text()});
}

// The local driver hands its options to mount(2): with `bind` among them the device is a folder
// of the host, whatever the type says.
void read_volume_driver_opts(const Json& value, const Place& place, Facts& facts) {
  bool binds = false;
  for (const Member& option : value.members) {
    facts.volume_options.push_back(
        {option.key, option.value.text, place.member(option.key).text()});
    if (option.key != "o") continue;
    for (const std::string_view word : split(option.value.text, ',')) {
      binds = binds || is_one_of(word, {"bind", "rbind"});
    }
  }
  const std::string_view device = string_or(value.find("device"), "");
  if (!binds || device.empty()) return;
  const std::string at = place.field("device").text();
  if (is_absolute(device)) {
    facts.bind_mounts.push_back({.source = clean_path(device), .at = at});
  } else {
    facts.odd_sources.push_back({std::string(device), at});
  }
}

}  // namespace dockgate::policy
