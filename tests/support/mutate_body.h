// Changes to a body that a careless reader would not notice, or would read otherwise than the
// Engine does.
#pragma once

#include "policy/json.h"
#include "tests/support/choices.h"

namespace dockgate::tests {

// Changes an object in one place: most often so that it still says something to the Engine.
void mutate_body(policy::Json& body, Choices& choices);

}  // namespace dockgate::tests
