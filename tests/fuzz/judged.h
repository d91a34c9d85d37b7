// Requests judged by the presets, in front of an Engine that has little.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/judge.h"
#include "policy/lookups.h"
#include "policy/policy.h"
#include "policy/request.h"

namespace dockgate::tests {

const policy::Policy& preset(std::string_view name);

// What stands in its way, in no order, each once; where in the request it stands aside.
std::vector<std::string> rules_of(const policy::Reasons& reasons);

// Ends the process where a bind's source is not where its fact says: there it is written anew.
void expect_sources_in_place(const policy::Request& request);

using AnswerTo = policy::Answer (*)(const policy::Lookup& lookup);

// What this Engine says of what it has: containers, images, networks, volumes and exec instances
// that are called `plain`, and a container on the host's network, `hosted`. They are known by their
// ids too, where they have one.
policy::Answer small_engine(const policy::Lookup& lookup);

// Everything that the judge asks, answered.
policy::Answers answers_for(const policy::Request& request,
                            const policy::Policy& policy,
                            AnswerTo answer_to);

}  // namespace dockgate::tests
