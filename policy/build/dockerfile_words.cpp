#include "policy/build/dockerfile_words.h"

#include <algorithm>
#include <utility>

#include "policy/build/dockerfile_lines.h"
#include "policy/strict_json.h"

namespace dockgate::policy {
namespace {

// No name of an image is longer, and values that double cost nobody more.
constexpr std::size_t longest_value = 1024;

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// What a name of an image, a stage or a platform is made of.
bool is_plain_byte(char c) {
  constexpr std::string_view marks = "./:@+-,";
  return is_name_byte(c) || marks.find(c) != std::string_view::npos;
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_plain_byte);
}

std::string_view take_name(std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && is_name_byte(text[size])) ++size;
  const std::string_view name = text.substr(0, size);
  text.remove_prefix(size);
  return name;
}

std::string value_of(std::string_view name, const BuildArguments& variables) {
  const auto found = variables.find(std::string(name));
  return found == variables.end() ? "" : found->second;
}

// Takes `NAME}`, `NAME:-word}` or `NAME:+word}`.
std::optional<std::string> take_braced(std::string_view& text, const BuildArguments& variables) {
  const std::string_view name = take_name(text);
  const std::size_t end = text.find('}');
  if (name.empty() || end == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(0, end);
  text.remove_prefix(end + 1);
  std::string value = value_of(name, variables);
  if (rest.empty()) return value;
  const std::string_view word = rest.substr(std::min<std::size_t>(2, rest.size()));
  if (!is_plain(word)) return std::nullopt;
  if (rest.substr(0, 2) == ":-") return value.empty() ? std::string(word) : value;
  if (rest.substr(0, 2) == ":+") return value.empty() ? value : std::string(word);
  return std::nullopt;
}

std::string_view without_quotes(std::string_view text) {
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                      text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(dockerfile_blanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(dockerfile_blanks));
  text.remove_prefix(word.size());
  text.remove_prefix(std::min(text.find_first_not_of(dockerfile_blanks), text.size()));
  return word;
}

std::optional<std::string> fill_in(std::string_view word, const BuildArguments& variables) {
  std::string out;
  while (!word.empty()) {
    if (out.size() > longest_value) return std::nullopt;
    if (word.front() != '$') {
      if (!is_plain_byte(word.front())) return std::nullopt;
      out += word.front();
      word.remove_prefix(1);
      continue;
    }
    word.remove_prefix(1);
    if (word.substr(0, 1) == "{") {
      word.remove_prefix(1);
      const auto value = take_braced(word, variables);
      if (!value) return std::nullopt;
      out += *value;
    } else {
      const std::string_view name = take_name(word);
      if (name.empty()) return std::nullopt;
      out += value_of(name, variables);
    }
  }
  if (out.size() > longest_value || !is_plain(out)) return std::nullopt;
  return out;
}

void declare(std::string_view rest, const BuildArguments& given, BuildArguments& variables) {
  while (!rest.empty()) {
    std::string_view word = take_word(rest);
    const std::string name(take_name(word));
    variables.erase(name);
    if (const auto found = given.find(name); found != given.end()) {
      if (found->second.size() <= longest_value) variables[name] = found->second;
      continue;
    }
    if (word.empty() || word.front() != '=') continue;
    const auto value = fill_in(without_quotes(word.substr(1)), variables);
    if (value) variables[name] = *value;
  }
}

std::optional<std::vector<std::string>> words_of(std::string_view rest) {
  std::vector<std::string> words;
  if (rest.empty() || rest.front() != '[') {
    while (!rest.empty()) words.emplace_back(take_word(rest));
    return words;
  }
  const auto list = parse_json(rest, "");
  if (!list || !list->is(Json::Kind::array)) return std::nullopt;
  for (const Json& item : list->items) {
    if (!item.is(Json::Kind::string)) return std::nullopt;
    words.push_back(item.text);
  }
  return words;
}

}  // namespace dockgate::policy
