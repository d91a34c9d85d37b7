// What a build's Dockerfile asks for, and what the Engine gets in its place.
#pragma once

#include <string>
#include <string_view>

#include "policy/facts.h"
#include "policy/lookups.h"
#include "policy/policy.h"
#include "policy/request.h"
#include "policy/result.h"
#include "policy/verdict.h"

namespace dockgate::policy {

// Whether the request's body is a build's context, and the policy has it read.
bool reads_context(const Request& request, const Policy& policy);

// Takes the Dockerfile into the request and its facts. Rule `build.dockerfile`: what is wrong with
// it, and the line.
Result<void, Reasons> read_build_dockerfile(std::string_view text, Request& request);

// What the Engine is sent: a line an instruction, images by the ids that `policy` judged.
std::string canonical_dockerfile(const Request& request,
                                 const Answers& answers,
                                 const Policy& policy);

// Takes one trigger of an image (Config.OnBuild) into the image's facts.
void read_build_trigger(std::string_view text, const std::string& at, Facts& facts);

}  // namespace dockgate::policy
