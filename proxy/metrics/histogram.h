// How often a value was at most each of a row of bounds. One thread observes, any other may read.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "proxy/metrics/counter.h"

namespace dockgate::proxy {

// What was observed up to a moment; sums of several are sums of the parts.
template <std::size_t size>
struct Distribution {
  std::array<std::uint64_t, size + 1> counts{};  // by bucket, not added up; last: beyond all bounds
  std::uint64_t sum = 0;

  std::uint64_t count() const {
    std::uint64_t all = 0;
    for (const std::uint64_t one : counts) all += one;
    return all;
  }
};

template <const auto& bounds>
class Histogram {
 public:
  static constexpr std::size_t size = std::size(bounds);
  using Seen = Distribution<size>;

  void observe(std::uint64_t value) {
    std::size_t bucket = 0;
    while (bucket < size && value > bounds[bucket]) ++bucket;
    counts_[bucket].add();
    sum_.add(value);
  }

  void add_to(Seen& seen) const {
    for (std::size_t i = 0; i <= size; ++i) seen.counts[i] += counts_[i].value();
    seen.sum += sum_.value();
  }

 private:
  std::array<Counter, size + 1> counts_;
  Counter sum_;
};

// Microseconds: from a cached answer to a stream that goes on for hours.
inline constexpr std::uint64_t time_bounds[] = {500,
                                                1'000,
                                                2'500,
                                                5'000,
                                                10'000,
                                                25'000,
                                                50'000,
                                                100'000,
                                                250'000,
                                                500'000,
                                                1'000'000,
                                                2'500'000,
                                                10'000'000,
                                                60'000'000,
                                                600'000'000,
                                                3'600'000'000};
// Bytes.
inline constexpr std::uint64_t size_bounds[] = {
    0, 256, 1'024, 4'096, 16'384, 65'536, 1'048'576, 16'777'216, 268'435'456, 4'294'967'296};

using Times = Histogram<time_bounds>;
using Sizes = Histogram<size_bounds>;

inline std::uint64_t microseconds(std::chrono::steady_clock::duration time) {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}

}  // namespace dockgate::proxy
