// Which records somebody wants to see.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/json.h"

namespace dockgate::proxy::audit {

// "" lets all pass. Texts may have `*`, which stands for any characters.
struct Filter {
  std::string client;
  std::string verdict;
  std::string operation;
  std::string object;  // a name or an id that the request names, or the beginning of an id
  std::string since;   // of time_of
  std::string until;

  bool lets_pass(const policy::Json& record) const;
};

// `2026-11-24`, `2026-11-24T15:30`, … as they stand, in UTC; `90m`, `12h`, `7d` as that long ago.
// Nothing for what is neither.
std::optional<std::string> time_of(std::string_view text);

}  // namespace dockgate::proxy::audit
