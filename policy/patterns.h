// Lists of names an operator wrote, in which `*` stands for any characters (also none).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dockgate::policy {

// Whether `pattern` stands for all of `text`; at most their lengths multiplied in steps.
bool glob_matches(std::string_view pattern, std::string_view text);

struct Patterns {
  std::vector<std::string> all;

  bool match(std::string_view text) const;
  // Whether one of them is exactly this text: for words that no `*` may stand for.
  bool name(std::string_view text) const;

  friend bool operator==(const Patterns&, const Patterns&) = default;
};

}  // namespace dockgate::policy
