// One value in many spellings: as its readers might, or might not, take it for the same.
#pragma once

#include <string>
#include <string_view>

#include "policy/json.h"
#include "tests/support/choices.h"

namespace dockgate::tests {

// A key that Go may fold onto the same field: another case, U+017F for s, U+212A for k; now and
// then a look-alike that it does not fold.
std::string respelled_key(std::string_view key, Choices& choices);

// An option that the Engine may read the same: `CAP_` or none, `=` or `:`, `//`, `/./`, modes.
std::string respelled_option(std::string_view option, Choices& choices);

// The document as JSON text, blanks and escapes as they come; what it holds twice stands twice.
std::string spelled_json(const policy::Json& value, Choices& choices);

// A parameter's name or value in a query, percent-coded here and there.
std::string spelled_parameter(std::string_view text, Choices& choices);

}  // namespace dockgate::tests
