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
  return any_for(text, [text](const std::string& pattern) { return glob_matches(pattern, text); });
}

bool Patterns::name(std::string_view text) const {
  if (index != nullptr) return index->texts.count(text) != 0;
  return std::find(all.begin(), all.end(), text) != all.end();
}

void Patterns::make_index() {
  constexpr std::size_t few = 32;  // are tried one by one as quickly
  if (all.size() <= few) return;
  std::vector<std::string> beginnings;
  beginnings.reserve(all.size());
  for (const std::string& pattern : all) {
    beginnings.push_back(pattern.substr(0, pattern.find_first_of("*:@")));
  }
  index = std::make_shared<const Index>(
      Index{PrefixIndex(beginnings), std::set<std::string, std::less<>>(all.begin(), all.end())});
}

}  // namespace dockgate::policy
