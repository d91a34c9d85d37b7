#include "policy/checks/checks.h"
#include "policy/checks/mends.h"
#include "policy/image_reference.h"
#include "policy/needed_references.h"

namespace dockgate::policy {
namespace {

// As with containers: where every one runs with a GPU runtime, its hooks run as root on the host.
void check_hook_variables(const Facts& facts, Reasons& reasons) {
  if (!is_gpu_runtime(facts.engine_runtime)) return;
  for (const Asked& variable : facts.hook_variables) {
    reasons.add("build.environment",
                variable.at,
                variable.value,
                "the Engine's default runtime `" + facts.engine_runtime +
                    "` reads it on the host: build without RUN, or without it");
  }
}

// What a build finds in its cache is in the image that it makes: its sources are images that may
// be run, by names that mean nothing else.
void check_cache_sources(const Facts& facts, const Policy& policy, Reasons& reasons) {
  if (!restricts_images(policy) || policy.build.base_images) return;
  for (const Asked& source : facts.cache_sources) {
    const auto reference = parse_reference(source.value);
    const bool listed = reference && id_in_its_way(*reference).empty() &&
                        (lists_reference(policy.image.pull, source.value) ||
                         lists_reference(policy.image.tag, source.value));
    if (listed) continue;
    reasons.add("build.cache_from",
                source.at,
                source.value,
                "name an image that image.allow.pull or image.allow.tag lists, and not by its id");
  }
}

// What a Dockerfile, or an image for those that are built on it, has the Engine do.
void check_instructions(const Facts& facts, const Policy& policy, Reasons& reasons) {
  for (const Asked& fetched : facts.fetches) {
    if (policy.build.remote) break;
    reasons.add("build.remote",
                fetched.at,
                "ADD " + fetched.value,
                "what the Engine fetches it fetches as its host: add a file of the context, "
                "written without a variable or a quote at its beginning, fetch it with RUN, or set "
                "build.allow.remote");
  }
  for (const Asked& trigger : facts.odd_triggers) {
    reasons.add("build.trigger",
                trigger.at,
                trigger.value,
                "it is no single instruction that is known here; build on another image");
  }
  check_hook_variables(facts, reasons);
  const bool requires_nothing = policy.require == ContainerRequire();
  if (facts.build_run && !policy.build.run && !requires_nothing) {
    reasons.add("build.run",
                facts.build_run->at,
                facts.build_run->value,
                "commands of a build have nothing of what container.require asks for: copy what "
                "was made elsewhere, or set build.allow.run");
  }
}

}  // namespace

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
  check_instructions(facts, policy, reasons);
  check_cache_sources(facts, policy, reasons);
  if (facts.of != Facts::Of::build) return;
  refuse_unlisted(
      {"build", "extra_hosts", policy.build.extra_hosts}, facts.extra_hosts, policy, reasons);
  if (!policy.build.dockerfile && policy.build.remote && facts.build_remote) {
    reasons.add("build.dockerfile",
                facts.build_remote->at,
                "a Dockerfile that is not seen",
                "send the context with the build, or set `build: { dockerfile: unchecked }`");
  }
  const bool unseen = policy.build.dockerfile || facts.buildkit;
  if (!unseen || !restricts_images(policy) || policy.build.base_images) return;
  reasons.add("build.base_images",
              "",
              "a Dockerfile that is not seen",
              "image.allow.pull lists only some images, and what FROM fetches would be any: an "
              "operator can set `build: { base_images: unchecked }`");
}

}  // namespace dockgate::policy
