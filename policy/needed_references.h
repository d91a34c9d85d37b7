// Which other objects must be known before facts can be judged by a policy: those that the request
// names, and those that the policy makes matter.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/facts.h"
#include "policy/policy.h"

namespace dockgate::policy {

std::vector<Reference> needed_references(const Facts& facts, const Policy& policy);

// How an image is asked about that a build begins with, or copies from: what may be pulled is, by
// dockgate, before it is judged.
ReferenceKind kind_of_base(const std::string& name, const Facts& facts, const Policy& policy);

// Whether the policy lets only some images be run.
bool restricts_images(const Policy& policy);

// Whether one of the listed patterns stands for the reference.
bool lists_reference(const Patterns& listed, std::string_view reference);

// Whether a variable of this name reaches what runs as root on the host before the container does:
// the hooks of a GPU runtime read them (CVE-2025-23266).
bool reaches_hooks(std::string_view variable);

// Whether a default runtime of this name has such hooks.
bool is_gpu_runtime(std::string_view runtime);

}  // namespace dockgate::policy
