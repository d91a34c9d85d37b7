#include "policy/prefix_index.h"

#include <algorithm>
#include <set>

namespace dockgate::policy {

PrefixIndex::PrefixIndex(const std::vector<std::string>& prefixes) {
  std::set<std::size_t> lengths;
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    numbers_[prefixes[i]].push_back(i);
    lengths.insert(prefixes[i].size());
  }
  lengths_.assign(lengths.begin(), lengths.end());
}

std::vector<std::size_t> PrefixIndex::beginnings_of(std::string_view text) const {
  std::vector<std::size_t> found;
  for (const std::size_t length : lengths_) {
    if (length > text.size()) break;
    const auto numbers = numbers_.find(text.substr(0, length));
    if (numbers == numbers_.end()) continue;
    found.insert(found.end(), numbers->second.begin(), numbers->second.end());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace dockgate::policy
