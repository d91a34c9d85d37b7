#include "policy/patterns.h"

#include <algorithm>

namespace dockgate::policy {

// Greedy with one point to go back to: a later star makes earlier ones final.
bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t after_star = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after_star = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++after_star;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool Patterns::match(std::string_view text) const {
  return std::any_of(all.begin(), all.end(), [text](const std::string& pattern) {
    return glob_matches(pattern, text);
  });
}

bool Patterns::name(std::string_view text) const {
  return std::find(all.begin(), all.end(), text) != all.end();
}

}  // namespace dockgate::policy
