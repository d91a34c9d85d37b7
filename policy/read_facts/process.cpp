// Readers of what runs in a container: its command, environment, health check, restart.
#include <algorithm>
#include <string>
#include <string_view>

#include "policy/facts.h"
#include "policy/json.h"
#include "policy/place.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

bool is_plain_word(std::string_view word) {
  return !word.empty() && word.find_first_of(" \t\n\r'\"\\") == std::string_view::npos;
}

// As a shell would have to be given it, so that two commands never read alike: `ls -l` is a
// program and its argument, `'ls -l'` a program of that name.
void append_word(std::string_view word, std::string& out) {
  if (!out.empty()) out += ' ';
  if (is_plain_word(word)) {
    out += word;
    return;
  }
  out += '\'';
  for (const char c : word) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  out += '\'';
}

std::string line_of(const Json& words, std::size_t first) {
  std::string line;
  for (std::size_t i = first; i < words.items.size(); ++i) append_word(words.items[i].text, line);
  return line;
}

std::optional<Asked> command_line(const Json& words, const Place& place) {
  if (words.items.empty()) return std::nullopt;
  return Asked{line_of(words, 0), place.text()};
}

}  // namespace

void read_environment(const Json& value, const Place& place, Facts& facts) {
  facts.environment.reserve(value.items.size());
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string& text = value.items[i].text;
    facts.environment.push_back({text.substr(0, text.find('=')), place.item(i).text()});
  }
}

void read_command(const Json& value, const Place& place, Facts& facts) {
  facts.command = command_line(value, place);
}

void read_entrypoint(const Json& value, const Place& place, Facts& facts) {
  facts.entrypoint = command_line(value, place);
}

// Nothing is the image's own, `NONE` none at all. What stands after an unknown word is judged with
// it, as a program of that name.
void read_healthcheck_test(const Json& value, const Place& place, Facts& facts) {
  if (value.items.empty() || value.items.front().text == "NONE") return;
  const std::string& kind = value.items.front().text;
  const bool in_shell = kind == "CMD-SHELL";
  const std::size_t first = in_shell || kind == "CMD" ? 1 : 0;
  facts.healthcheck = HealthCheck{line_of(value, first), in_shell, place.text()};
}

// 0 is the image's own, or the Engine's default.
void read_healthcheck_interval(const Json& value, const Place& place, Facts& facts) {
  const std::int64_t interval = integer_or_zero(&value);
  if (interval != 0) facts.healthcheck_intervals.push_back({interval, place.text()});
}

void read_shell(const Json& value, const Place& place, Facts& facts) {
  facts.shell = command_line(value, place);
}

void read_restart_policy(const Json& value, const Place& place, Facts& facts) {
  const std::string_view name = string_or(value.find("Name"), "");
  if (name.empty() || name == "no") return;
  facts.restart = Asked{std::string(name), place.field("Name").text()};
}

}  // namespace dockgate::policy
