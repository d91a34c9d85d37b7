// What the Engine says of an object that exists, as facts: the same that a request for such an
// object would have, so that the same checks judge it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/facts.h"
#include "policy/lookups.h"

namespace dockgate::policy {

// Facts of what `lookup` names, from the Engine's inspect; nothing where that cannot be read.
// A container's facts hold references to what it uses in turn. Defaults that the Engine writes
// into every container (its log driver, its runtime, its cgroup namespace mode) are facts too;
// with one of those beyond the usual a reference to the Engine itself asks for what they are.
std::optional<Facts> facts_of(const Lookup& lookup, std::string_view inspect);

// Takes from a container's facts what the Engine gives to every container, by its `info`.
void forgive_defaults(Facts& facts, std::string_view engine_info);

// The full id of a found container, "" where the answer has none.
std::string id_of(const Answer& answer);

}  // namespace dockgate::policy
