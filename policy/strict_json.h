// JSON as Go's decoder reads it, or a refusal.
//
// What the Engine would take and dockgate could read differently is refused, not repaired: the
// same key twice in one object, invalid UTF-8 and lone surrogates, NUL, more than one document,
// more than `json_depth` levels, more than `most_json_values` values. Keys that only fold together under Go's rules are found later,
// by the schema walk, because the keys of a map do not fold.
#pragma once

#include <cstddef>
#include <string_view>

#include "policy/json.h"
#include "policy/result.h"
#include "policy/verdict.h"

namespace dockgate::policy {

inline constexpr std::size_t json_depth = 64;
inline constexpr std::size_t most_json_values = 65536;

// Reads one document. `root` is what pointers in reasons begin with: "" for a body, "?filters"
// for a query parameter. Rules `body.syntax`, `body.duplicate`, `body.depth`, `body.encoding`,
// `body.values`.
Result<Json, Reasons> parse_json(std::string_view text, std::string_view root);

// Whether Go's encoding/json takes `key` for `published`: equal under simple case folding, in
// which U+017F is an s and U+212A is a k. `published` is ASCII.
bool folds_to(std::string_view key, std::string_view published);

}  // namespace dockgate::policy
