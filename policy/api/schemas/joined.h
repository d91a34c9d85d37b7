// The rows of a type that embeds others, as Go does: theirs stand among its own, where Docker's
// clients write them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "policy/api/schema.h"

namespace dockgate::policy {

template <std::size_t... Sizes>
constexpr auto joined(const Field (&... parts)[Sizes]) {
  std::array<Field, (Sizes + ...)> all{};
  auto end = all.begin();
  ((end = std::copy(std::begin(parts), std::end(parts), end)), ...);
  return all;
}

}  // namespace dockgate::policy
