#include "policy/build/dockerfile_lines.h"

#include <algorithm>

namespace dockgate::policy {
namespace {

std::string_view without_lead(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(dockerfile_blanks), text.size()));
  return text;
}

std::string_view without_trail(std::string_view text, std::string_view blanks) {
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

std::string_view take_line(std::string_view& text) {
  std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool is_comment(std::string_view line) { return without_lead(line).substr(0, 1) == "#"; }

// `# escape=X` makes X what joins lines; a backslash is what does without it.
bool changes_escape(std::string_view comment) {
  std::string name;
  for (const char c : comment.substr(1, comment.find('=') - 1)) {
    if (dockerfile_blanks.find(c) == std::string_view::npos) name += static_cast<char>(c | 0x20);
  }
  const std::size_t equals = comment.find('=');
  if (equals == std::string_view::npos || name != "escape") return false;
  const std::string_view value = without_lead(comment.substr(equals + 1));
  return without_trail(value, dockerfile_blanks) != "\\";
}

// Takes the backslash away by which the line goes on in the next one; two of them are no such.
bool take_continuation(std::string_view& line) {
  const std::string_view trimmed = without_trail(line, " \t");
  if (trimmed.empty() || trimmed.back() != '\\') return false;
  if (trimmed.size() > 1 && trimmed[trimmed.size() - 2] == '\\') return false;
  line = trimmed.substr(0, trimmed.size() - 1);
  return true;
}

// What the line goes on with; comments and empty lines between are left out.
std::string join_line(std::string_view line, std::string_view& rest, std::size_t& number) {
  std::string out;
  bool goes_on = take_continuation(line);
  out += line;
  while (goes_on && !rest.empty()) {
    std::string_view next = take_line(rest);
    ++number;
    if (without_lead(next).empty() || is_comment(next)) continue;
    goes_on = take_continuation(next);
    out += next;
  }
  return out;
}

}  // namespace

Result<std::vector<DockerfileLine>, DockerfileProblem> read_dockerfile_lines(
    std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.substr(0, byte_order_mark.size()) == byte_order_mark) {
    text.remove_prefix(byte_order_mark.size());
  }
  if (text.find('\0') != std::string_view::npos) {
    return DockerfileProblem{1, "it holds a zero byte"};
  }
  std::vector<DockerfileLine> out;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::string_view first = without_lead(take_line(text));
    const std::size_t began = ++number;
    if (first.empty()) continue;
    if (is_comment(first)) {
      if (out.empty() && changes_escape(first)) {
        return DockerfileProblem{began, "lines are joined by backslashes here, not by another"};
      }
      continue;
    }
    const std::string joined = join_line(first, text, number);
    const std::string_view whole = without_trail(without_lead(joined), dockerfile_blanks);
    if (whole.empty()) continue;
    if (whole.back() == '\\') return DockerfileProblem{began, "it ends with a backslash"};
    out.push_back({began, std::string(whole)});
  }
  return out;
}

}  // namespace dockgate::policy
