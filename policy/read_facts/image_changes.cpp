// Reader of the instructions that a commit or an import gives its image: `LABEL a=b`. The Engine
// reads them as lines of one Dockerfile.
#include <algorithm>
#include <string>
#include <string_view>

#include "policy/facts.h"
#include "policy/json.h"
#include "policy/place.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr std::string_view blanks = " \t\r";

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Names of labels as everybody writes them: nothing that a Dockerfile's quoting, escapes or
// variables could make another.
bool is_key_byte(char c) {
  constexpr std::string_view marks = "._/:@+-";
  return is_letter(c) || (c >= '0' && c <= '9') || marks.find(c) != std::string_view::npos;
}

// The Engine ends a value at blanks outside ASCII too.
bool is_plain_value_byte(char c) {
  constexpr std::string_view odd = "\"'\\`";
  return c > ' ' && c < 0x7f && odd.find(c) == std::string_view::npos;
}

// Takes what stands in quotes, or bytes that need none; false where they are mixed, or escaped.
template <class IsPlain>
bool take_word(std::string_view& text, IsPlain is_plain, std::string_view& word) {
  const char quote = text.empty() ? '\0' : text.front();
  const bool quoted = quote == '"' || quote == '\'';
  std::size_t size = 0;
  if (quoted) {
    text.remove_prefix(1);
    size = text.find(quote);
    if (size == std::string_view::npos) return false;
  } else {
    while (size < text.size() && is_plain(text[size])) ++size;
  }
  word = text.substr(0, size);
  text.remove_prefix(size + (quoted ? 1 : 0));
  return word.find_first_of("\\`") == std::string_view::npos;
}

// `key=value "key"="a value"`, or the old `key value`. False where it is neither: with a dash in
// front it is an option of the instruction.
bool read_label_instruction(std::string_view text, const Place& place, Facts& facts) {
  skip_blanks(text);
  for (bool first = true; !text.empty(); first = false) {
    std::string_view key;
    std::string_view value;
    const bool named = take_word(text, is_key_byte, key) && !key.empty() && key.front() != '-' &&
                       std::all_of(key.begin(), key.end(), is_key_byte);
    if (!named) return false;
    facts.labels.push_back({std::string(key), "", place.text()});
    if (first && !text.empty() && blanks.find(text.front()) != std::string_view::npos) return true;
    if (text.empty() || text.front() != '=') return false;
    text.remove_prefix(1);
    if (!take_word(text, is_plain_value_byte, value)) return false;
    if (!text.empty() && blanks.find(text.front()) == std::string_view::npos) return false;
    skip_blanks(text);
  }
  return true;
}

// A line that goes on in the next one hides what that begins with; `# escape=` would change how
// one does.
bool stands_alone(std::string_view word, std::string_view line) {
  return std::all_of(word.begin(), word.end(), is_letter) && line.back() != '\\' &&
         line.back() != '`';
}

void read_instruction(std::string_view line, const Place& place, Facts& facts) {
  skip_blanks(line);
  if (line.empty()) return;
  line = line.substr(0, line.find_last_not_of(blanks) + 1);
  const std::string_view first = line.substr(0, line.find_first_of(blanks));
  // What is no word alone may be a secret.
  std::string word(first.begin(), std::find_if_not(first.begin(), first.end(), is_letter));
  for (char& c : word) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
  const bool read =
      stands_alone(first, line) &&
      (word != "LABEL" || read_label_instruction(line.substr(first.size()), place, facts));
  // What else stands there may be a secret.
  if (!read) facts.odd_changes.push_back({word + " ...", place.text()});
  facts.image_changes.push_back({std::move(word), place.text()});
}

}  // namespace

void read_image_changes(const Json& value, const Place& place, Facts& facts) {
  std::string_view text = value.text;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    read_instruction(line, place, facts);
  }
}

}  // namespace dockgate::policy
