// What the Engine says of an object that exists, as facts: the same that a request for such an
// object would have, so that the same checks judge it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/facts.h"
#include "policy/json.h"
#include "policy/lookups.h"

namespace dockgate::policy {

// Facts of what `lookup` names, from the Engine's inspect; nothing where that cannot be read.
// A container's facts hold references to what it uses in turn. Defaults that the Engine writes
// into every container (its log driver, its runtime, its cgroup namespace mode) are facts too;
// with one of those beyond the usual a reference to the Engine itself asks for what they are.
std::optional<Facts> facts_of(const Lookup& lookup, const Answer& answer);

// Takes from a container's facts what the Engine gives to every container, by its `info`.
void forgive_defaults(Facts& facts, const Answer& engine);

// A container's facts as they would be after an update, whose body is canonical.
std::optional<Facts> facts_of_updated(const Answer& answer, const Json& update);

// An image's facts, with what it has a build do that begins with it; nothing where the answer is
// not of the image for `platform`, or tells of none.
std::optional<Facts> facts_of_base(const Answer& answer, std::string_view platform);

// What the Engine says of itself: its data root, its default runtime.
void read_engine(const Answer& answer, Facts& facts);

// The user that an image names, where it names one; `at` is where the request names the image.
void read_image_user(const Answer& answer, const std::string& at, Facts& facts);

// Whether what was found bears the looked-up name only as the beginning of its id.
bool is_known_by_id(const Lookup& lookup, const Answer& answer);

// The full id of a found object, "" where the answer has none.
std::string id_of(const Answer& answer);

// The name of a found object, "" where the answer has none.
std::string name_of(const Answer& answer);

}  // namespace dockgate::policy
