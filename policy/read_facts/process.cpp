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

std::optional<Asked> command_line(const Json& words, const Place& place) {
  if (words.items.empty()) return std::nullopt;
  std::string line;
  for (const Json& word : words.items) append_word(word.text, line);
  return Asked{std::move(line), place.text()};
}

}  // namespace

void read_environment(const Json& value, const Place& place, Facts& facts) {
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

// 0 is the image's own, or the Engine's half a minute.
void read_healthcheck_interval(const Json& value, const Place& place, Facts& facts) {
  const std::int64_t interval = integer_or_zero(&value);
  if (interval != 0) facts.healthcheck_interval = AskedNumber{interval, place.text()};
}

void read_restart_policy(const Json& value, const Place& place, Facts& facts) {
  const std::string_view name = string_or(value.find("Name"), "");
  if (name.empty() || name == "no") return;
  facts.restart = Asked{std::string(name), place.member("Name").text()};
}

}  // namespace dockgate::policy
