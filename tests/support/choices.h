// Where a generator's choices come from: a seed, or the bytes that a fuzzer gives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <random>
#include <string_view>

namespace dockgate::tests {

// The same seed, or the same bytes, make the same choices on every machine. Bytes that ran out
// choose 0 for ever after, which everywhere means the ordinary, and no more of it.
class Choices {
 public:
  explicit Choices(std::uint64_t seed) : random_(std::in_place, seed) {}

  explicit Choices(std::string_view bytes) : bytes_(bytes) {}

  Choices(const Choices&) = delete;
  Choices& operator=(const Choices&) = delete;

  // A number below `count`, which is not 0.
  std::size_t below(std::size_t count);

  // Once in `count` times, which is more than 1; never where bytes ran out.
  bool one_in(std::size_t count) { return below(count) == count - 1; }

  // One of what a table or list holds, which is not empty; a reference into it.
  template <class List>
  decltype(auto) one_of(List&& list) {
    return list[below(std::size(list))];
  }

 private:
  std::optional<std::mt19937_64> random_;
  std::string_view bytes_;
};

}  // namespace dockgate::tests
