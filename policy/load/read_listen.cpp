#include "policy/load/read_listen.h"

#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "policy/host_path.h"

namespace dockgate::policy {
namespace {

constexpr std::string_view unix_scheme = "unix://";

std::optional<std::uint32_t> mode_of(const YAML::Node& node, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return std::nullopt;
  std::uint32_t mode = 0;
  const auto [stop, error] = std::from_chars(text->data(), text->data() + text->size(), mode, 8);
  if (error == std::errc() && stop == text->data() + text->size() && mode <= 0777) return mode;
  problems.add(node, "`" + *text + "` is no file mode", "write it as \"0660\"");
  return std::nullopt;
}

}  // namespace

std::optional<UnixAddress> address_of(const YAML::Node& node, YamlProblems& problems) {
  const auto text = text_of(node, problems);
  if (!text) return std::nullopt;
  std::string path;
  if (text->compare(0, unix_scheme.size(), unix_scheme) == 0) {
    path = text->substr(unix_scheme.size());
  }
  if (!path.empty() && path.front() == '/' && clean_path(path) == path) return UnixAddress{path};
  problems.add(node,
               "`" + *text + "` is not the address of a Unix socket",
               "write it as unix:///run/dockgate/docker.sock");
  return std::nullopt;
}

void read_listen(const YAML::Node& node, Settings& settings, YamlProblems& problems) {
  constexpr std::string_view known[] = {"address", "mode", "group"};
  for (const YAML::Node& item : list_of(node, problems)) {
    Listen listen;
    for (const YamlEntry& entry : entries_of(item, "listen", problems)) {
      if (entry.key == "address") {
        if (const auto address = address_of(entry.value, problems)) listen.address = *address;
      } else if (entry.key == "mode") {
        if (const auto mode = mode_of(entry.value, problems)) listen.mode = *mode;
      } else if (entry.key == "group") {
        if (const auto group = text_of(entry.value, problems)) listen.group = *group;
      } else {
        add_unknown_key(entry, "listen", known, problems);
      }
    }
    if (listen.address.path.empty() && item.IsMap() && !item["address"]) {
      problems.add(item, "a listener needs an `address`");
    }
    settings.listen.push_back(std::move(listen));
  }
}

}  // namespace dockgate::policy
