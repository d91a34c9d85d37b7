#include "policy/checks/checks.h"

namespace dockgate::policy {

// What the Engine fetches by itself it fetches with the host's network; what BuildKit is told
// goes past this request; what a checkpoint restores are files of the host.
void check_images(const Facts& facts, const Policy& policy, Reasons& reasons) {
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
                "build with DOCKER_BUILDKIT=0: dockgate cannot see what a BuildKit session does");
  }
  if (facts.import_source && facts.import_source->value != "-") {
    reasons.add("image.import",
                facts.import_source->at,
                "an image that the Engine fetches",
                "send the archive with the request, as `docker import -` does");
  }
  if (facts.checkpoint) {
    reasons.add("container.checkpoint",
                facts.checkpoint->at,
                facts.checkpoint->value,
                "start the container from its image");
  }
}

}  // namespace dockgate::policy
