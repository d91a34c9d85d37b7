// A JSON body along its schema: typed, every key in its published spelling, the fields in the
// schema's order, what is absent or null left out, and the facts that its fields become.
#pragma once

#include <string_view>

#include "policy/api/schema.h"
#include "policy/facts.h"
#include "policy/json.h"
#include "policy/place.h"
#include "policy/verdict.h"

namespace dockgate::policy {

// Returns the canonical value; adds to `facts` what the fields' readers find, and to `reasons`
// what two readers could take differently: `body.type`, `body.duplicate`. Fields without a row
// are dropped where they are zero, and else kept as they are and told in facts.unknown_fields.
Json read_body(const Schema& schema, Json body, const Place& place, Facts& facts, Reasons& reasons);

// Whether a member of this name at the top of the body would be one of its fields.
bool has_field(const Schema& schema, std::string_view key);

}  // namespace dockgate::policy
