#include "policy/ps_arguments.h"

#include <algorithm>

namespace dockgate::policy {
namespace {

// Letters that choose which processes are listed, and how wide: these may stand beside columns.
// The BSD letter `e` shows environments.
constexpr std::string_view unix_selections = "Aadefw";
constexpr std::string_view bsd_selections = "afrwx";

// Letters that choose columns, PID among the first of them. `h` takes away the titles, `L` of BSD
// and `M` and `Z` of Unix put blanks before PID; `k`, `O`, `p`, `q`, `t`, `U` and their like take
// arguments.
constexpr std::string_view unix_formats = "FHLPTcjlmy";
constexpr std::string_view bsd_formats = "HSTcjlmsuv";

// Columns that hold one word of every process.
constexpr std::string_view one_word[] = {
    "%cpu", "%mem",  "c",      "class", "cls",   "cputime", "egid", "etime", "etimes",
    "euid", "euser", "f",      "flag",  "flags", "gid",     "lwp",  "ni",    "nice",
    "nlwp", "pcpu",  "pgid",   "pgrp",  "pid",   "pmem",    "ppid", "pri",   "psr",
    "rgid", "rss",   "rssize", "rsz",   "ruid",  "ruser",   "s",    "sess",  "sid",
    "spid", "stat",  "state",  "stime", "sz",    "thcount", "tid",  "time",  "tname",
    "tt",   "tty",   "uid",    "uname", "user",  "vsize",   "vsz",  "wchan",
};

// Columns whose text has blanks, or is the process's own: only after PID.
constexpr std::string_view free_text[] = {
    "args",
    "bsdstart",
    "bsdtime",
    "cmd",
    "comm",
    "command",
    "egroup",
    "fname",
    "group",
    "lstart",
    "rgroup",
    "start",
    "ucmd",
    "ucomm",
};

template <std::size_t count>
bool is_one_of(std::string_view word, const std::string_view (&words)[count]) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

std::string_view take_until(char separator, std::string_view& text) {
  const std::string_view first = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(first.size() + 1, text.size()));
  return first;
}

class PsArguments {
 public:
  explicit PsArguments(std::string_view arguments) : rest_(arguments) {}

  bool list_processes() {
    if (rest_.empty() || rest_.back() == ' ') return false;
    while (!rest_.empty()) {
      if (!read_word(take_until(' ', rest_))) return false;
    }
    return !(has_columns_ && has_format_);
  }

 private:
  // Letters, of which `o` may be the last: the columns are what follows it.
  bool read_word(std::string_view word) {
    const bool dashed = !word.empty() && word.front() == '-';
    if (dashed) word.remove_prefix(1);
    if (word.empty()) return false;
    const std::string_view letters = word.substr(0, word.find('o'));
    for (const char letter : letters) {
      if ((dashed ? unix_selections : bsd_selections).find(letter) != std::string_view::npos) {
        continue;
      }
      if ((dashed ? unix_formats : bsd_formats).find(letter) == std::string_view::npos)
        return false;
      has_format_ = true;
    }
    if (letters.size() == word.size()) return true;
    word.remove_prefix(letters.size() + 1);
    return read_columns(word.empty() ? take_until(' ', rest_) : word);
  }

  bool read_columns(std::string_view columns) {
    if (columns.empty() || columns.back() == ',') return false;
    has_columns_ = true;
    while (!columns.empty()) {
      if (!read_column(take_until(',', columns))) return false;
    }
    return true;
  }

  // Those of several `-o` are one row.
  bool read_column(std::string_view column) {
    if (is_one_of(column, free_text)) {
      has_free_text_ = true;
      return true;
    }
    const bool misplaced = column == "pid" && has_free_text_;
    return is_one_of(column, one_word) && !misplaced;
  }

  std::string_view rest_;
  bool has_format_ = false;
  bool has_columns_ = false;
  bool has_free_text_ = false;
};

}  // namespace

bool lists_processes(std::string_view arguments) { return PsArguments(arguments).list_processes(); }

}  // namespace dockgate::policy
