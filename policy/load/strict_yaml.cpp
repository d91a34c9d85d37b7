#include "policy/load/strict_yaml.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace dockgate::policy {
namespace {

// Levenshtein's distance.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t substituted = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::int64_t> unit_of(std::string_view suffix) {
  if (suffix.empty() || suffix == "b") return 1;
  if (suffix == "k" || suffix == "kb") return std::int64_t{1} << 10;
  if (suffix == "m" || suffix == "mb") return std::int64_t{1} << 20;
  if (suffix == "g" || suffix == "gb") return std::int64_t{1} << 30;
  return std::nullopt;
}

}  // namespace

void YamlProblems::add(const YAML::Node& node, std::string what, std::string mend) {
  add(node.Mark(), std::move(what), std::move(mend));
}

void YamlProblems::add(const YAML::Mark& mark, std::string what, std::string mend) {
  all_.push_back({file_, mark.line + 1, mark.column + 1, std::move(what), std::move(mend)});
}

std::string did_you_mean(std::string_view written, std::span<const std::string_view> valid) {
  std::string_view nearest;
  std::size_t best = std::max<std::size_t>(2, written.size() / 3) + 1;
  for (const std::string_view name : valid) {
    const std::size_t apart = distance(written, name);
    if (apart >= best) continue;
    best = apart;
    nearest = name;
  }
  return nearest.empty() ? "" : "did you mean `" + std::string(nearest) + "`?";
}

std::vector<YamlEntry> entries_of(const YAML::Node& node,
                                  std::string_view path,
                                  YamlProblems& problems) {
  std::vector<YamlEntry> entries;
  if (!node.IsDefined() || node.IsNull()) return entries;
  const std::string where = path.empty() ? "the file" : "`" + std::string(path) + "`";
  if (!node.IsMap()) {
    problems.add(node, where + " must be a map of keys and values");
    return entries;
  }
  std::set<std::string> seen;
  for (const auto& pair : node) {
    if (!pair.first.IsScalar()) {
      problems.add(pair.first, "a key in " + where + " must be a plain word");
      continue;
    }
    const std::string& key = pair.first.Scalar();
    if (!seen.insert(key).second) {
      problems.add(pair.first, "key `" + key + "` stands twice in " + where, "keep one of them");
      continue;
    }
    entries.push_back({key, pair.first, pair.second});
  }
  return entries;
}

void add_unknown_key(const YamlEntry& entry,
                     std::string_view path,
                     std::span<const std::string_view> valid,
                     YamlProblems& problems) {
  std::string mend = did_you_mean(entry.key, valid);
  if (mend.empty()) {
    mend = "known here:";
    for (const std::string_view name : valid) mend += " " + std::string(name);
  }
  problems.add(entry.key_node,
               "unknown key `" + entry.key + "`" + (path.empty() ? "" : " in " + std::string(path)),
               mend);
}

std::optional<std::string> text_of(const YAML::Node& node, YamlProblems& problems) {
  if (node.IsScalar()) return node.Scalar();
  problems.add(node, "a plain text is expected here");
  return std::nullopt;
}

// `a`, `b` or `c`
std::optional<std::string> word_of(const YamlEntry& entry,
                                   std::span<const std::string_view> words,
                                   YamlProblems& problems) {
  auto text = text_of(entry.value, problems);
  if (!text || std::find(words.begin(), words.end(), *text) != words.end()) return text;
  std::string all;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) all += i + 1 == words.size() ? " or " : ", ";
    all += "`" + std::string(words[i]) + "`";
  }
  problems.add(entry.value, "`" + entry.key + "` is " + all + ", not `" + *text + "`");
  return std::nullopt;
}

std::optional<bool> boolean_of(const YAML::Node& node, YamlProblems& problems) {
  // YAML 1.2's two words alone; a quoted "true" is a text.
  if (node.IsScalar() && node.Tag() != "!") {
    if (node.Scalar() == "true") return true;
    if (node.Scalar() == "false") return false;
  }
  problems.add(node, "true or false is expected here");
  return std::nullopt;
}

std::optional<std::int64_t> integer_of(const YAML::Node& node, YamlProblems& problems) {
  if (node.IsScalar()) {
    if (const auto number = number_in(node.Scalar())) return number;
  }
  problems.add(node, "a whole number is expected here");
  return std::nullopt;
}

std::optional<std::int64_t> bytes_of(const YAML::Node& node, YamlProblems& problems) {
  if (node.IsScalar()) {
    const std::string& text = node.Scalar();
    const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = number_in(std::string_view(text).substr(0, end));
    const auto unit = unit_of(std::string_view(text).substr(end));
    std::int64_t bytes = 0;
    if (number && unit && !__builtin_mul_overflow(*number, *unit, &bytes)) return bytes;
  }
  problems.add(node, "a size is expected here", "write it as 512m, 4g or in bytes");
  return std::nullopt;
}

std::vector<YAML::Node> list_of(const YAML::Node& node, YamlProblems& problems) {
  if (node.IsScalar()) return {node};
  if (!node.IsSequence()) {
    problems.add(node, "a list is expected here");
    return {};
  }
  return {node.begin(), node.end()};
}

}  // namespace dockgate::policy
