#include "policy/checks/checks.h"
#include "policy/checks/mends.h"
#include "policy/needed_references.h"

namespace dockgate::policy {

// What the Engine fetches by itself it fetches with the host's network, and what BuildKit is told
// goes past the request.
void check_builds(const Facts& facts, const Policy& policy, Reasons& reasons) {
  if (facts.build_remote && !policy.build.remote) {
    reasons.add("build.remote",
                facts.build_remote->at,
                "a context that the Engine fetches",
                "send the context with the build, or set build.allow.remote");
  }
  if (facts.buildkit && !policy.build.buildkit) {
    reasons.add("build.buildkit",
                facts.buildkit->at,
                facts.buildkit->value,
                "build with DOCKER_BUILDKIT=0: what a BuildKit session asks for (the host's "
                "network, mounts, other registries) goes past dockgate, which lets it only where "
                "an operator sets `build: { buildkit: unchecked }`");
  }
  if (facts.of != Facts::Of::build) return;
  refuse_unlisted(
      {"build", "extra_hosts", policy.build.extra_hosts}, facts.extra_hosts, policy, reasons);
  if (!policy.build.dockerfile) {
    reasons.add("build.dockerfile",
                "",
                "a Dockerfile",
                "its ADD, RUN and FROM are not seen here, and ADD fetches what the Engine's host "
                "reaches: an operator can set `build: { dockerfile: unchecked }`");
  }
  if (!restricts_images(policy) || policy.build.base_images) return;
  reasons.add("build.base_images",
              "",
              "a Dockerfile",
              "what its FROM fetches is not seen here and image.allow.pull lists only some: an "
              "operator can set `build: { base_images: unchecked }`");
}

}  // namespace dockgate::policy
