// YAML read strictly: every key is known, stands once and has the right type, or it is a problem
// with line, column, and the nearest valid name.
#pragma once

#include <yaml-cpp/yaml.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/problem.h"

namespace dockgate::policy {

// Collects the problems of one file.
class YamlProblems {
 public:
  explicit YamlProblems(std::string_view file) : file_(file) {}

  void add(const YAML::Node& node, std::string what, std::string mend = {});
  void add(const YAML::Mark& mark, std::string what, std::string mend = {});

  bool empty() const { return all_.empty(); }

  Problems take() { return std::move(all_); }

 private:
  std::string file_;
  Problems all_;
};

// The valid name that `written` most likely meant, as "did you mean `x`?"; "" where none is near.
std::string did_you_mean(std::string_view written, std::span<const std::string_view> valid);

// One key and its value.
struct YamlEntry {
  std::string key;
  YAML::Node key_node;
  YAML::Node value;
};

// The entries of a map; problems for anything else and for keys that stand twice. An empty node
// is an empty map.
std::vector<YamlEntry> entries_of(const YAML::Node& node,
                                  std::string_view path,
                                  YamlProblems& problems);

// Adds the problem of a key that nothing knows.
void add_unknown_key(const YamlEntry& entry,
                     std::string_view path,
                     std::span<const std::string_view> valid,
                     YamlProblems& problems);

// Scalars; nothing, and a problem, where the node is something else.
std::optional<std::string> text_of(const YAML::Node& node, YamlProblems& problems);
std::optional<bool> boolean_of(const YAML::Node& node, YamlProblems& problems);
std::optional<std::int64_t> integer_of(const YAML::Node& node, YamlProblems& problems);
// One of these words; nothing, and a problem, for any other.
std::optional<std::string> word_of(const YamlEntry& entry,
                                   std::span<const std::string_view> words,
                                   YamlProblems& problems);
// "512m", "4g", "64k", or bytes; powers of 1024 as Docker and Compose have them.
std::optional<std::int64_t> bytes_of(const YAML::Node& node, YamlProblems& problems);
// A list of strings; one plain string is a list of one.
std::vector<YAML::Node> list_of(const YAML::Node& node, YamlProblems& problems);

// Puts what the word stands for into `out`.
template <class Value, std::size_t count>
void read_word(const YamlEntry& entry,
               const std::pair<std::string_view, Value> (&words)[count],
               Value& out,
               YamlProblems& problems) {
  std::array<std::string_view, count> names;
  for (std::size_t i = 0; i < count; ++i) names[i] = words[i].first;
  const auto written = word_of(entry, names, problems);
  for (const auto& [name, value] : words) {
    if (written && name == *written) out = value;
  }
}

}  // namespace dockgate::policy
