// Finds those of many texts that another text begins with, in a time that does not grow with how
// many there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dockgate::policy {

class PrefixIndex {
 public:
  PrefixIndex() = default;

  explicit PrefixIndex(const std::vector<std::string>& prefixes);

  // The numbers of those that `text` begins with, rising.
  std::vector<std::size_t> beginnings_of(std::string_view text) const;

 private:
  struct Hash {
    using is_transparent = void;

    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };

  std::unordered_map<std::string, std::vector<std::size_t>, Hash, std::equal_to<>> numbers_;
  std::vector<std::size_t> lengths_;  // of the prefixes, each once, rising
};

}  // namespace dockgate::policy
