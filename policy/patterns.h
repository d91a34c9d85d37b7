// Lists of names an operator wrote, in which `*` stands for any characters (also none).
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/prefix_index.h"

namespace dockgate::policy {

// Whether `pattern` stands for all of `text`; at most their lengths multiplied in steps.
bool glob_matches(std::string_view pattern, std::string_view text);

struct Patterns {
  std::vector<std::string> all;

  bool match(std::string_view text) const;
  // Whether one of them is exactly this text: for words that no `*` may stand for.
  bool name(std::string_view text) const;

  // Whether `test` holds for one of them. Only those are tried that could stand for `text`: what a
  // pattern has before its first `*`, `:` or `@` must begin it.
  template <class Test>
  bool any_for(std::string_view text, Test&& test) const {
    if (index == nullptr) return std::any_of(all.begin(), all.end(), test);
    const std::vector<std::size_t> near = index->beginnings.beginnings_of(text);
    return std::any_of(near.begin(), near.end(), [&](std::size_t at) { return test(all[at]); });
  }

  // Makes long lists quick to search; what `all` holds must not change after.
  void make_index();

  friend bool operator==(const Patterns& one, const Patterns& other) {
    return one.all == other.all;
  }

  struct Index {
    PrefixIndex beginnings;
    std::set<std::string, std::less<>> texts;
  };

  std::shared_ptr<const Index> index;  // nullptr: there is none
};

}  // namespace dockgate::policy
