#include <algorithm>

#include "policy/checks/checks.h"
#include "policy/checks/mends.h"
#include "policy/image_reference.h"
#include "policy/needed_references.h"

namespace dockgate::policy {
namespace {

void refuse_unlisted_references(const Setting& setting,
                                const std::vector<Asked>& asked,
                                const Policy& policy,
                                Reasons& reasons) {
  for (const Asked& one : asked) {
    if (lists_reference(setting.listed, one.value)) continue;
    reasons.add(setting.rule(),
                one.at,
                one.value,
                "use another, or list it under " + setting.key() +
                    (what_is_listed(setting.listed, policy).empty()
                         ? ""
                         : "; " + what_is_listed(setting.listed, policy)));
  }
}

// An id says nothing of the names that go with it.
void check_deletes(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const Patterns& listed = policy.image.remove;
  if (listed.name("**")) return;
  for (const Asked& asked : facts.deletes) {
    if (reads_as_image_id(asked.value)) {
      reasons.add("image.delete", asked.at, asked.value, "name it by a name, not by its id");
    } else {
      refuse_unlisted_references({"image", "delete", listed}, {asked}, policy, reasons);
    }
  }
}

// What runs came from where the policy lets images be pulled from, or bears a name that it lets be
// given here.
void check_what_is_run(const Facts& facts, const Policy& policy, Reasons& reasons) {
  if (facts.of != Facts::Of::image || !restricts_images(policy)) return;
  const bool listed =
      std::any_of(facts.image_names.begin(), facts.image_names.end(), [&](const auto& name) {
        return lists_reference(policy.image.pull, name) || lists_reference(policy.image.tag, name);
      });
  if (listed) return;
  const std::string name = facts.image_names.empty() ? "no name" : facts.image_names.front();
  reasons.add("image.run", "", name, "use an image that image.allow.pull or image.allow.tag lists");
}

void require_digests(const Facts& facts, const Policy& policy, Reasons& reasons) {
  if (!policy.image.digest) return;
  const auto require = [&reasons](const Asked& asked) {
    const auto reference = parse_reference(asked.value);
    if (is_image_id(asked.value) || (reference && !reference->digest.empty())) return;
    reasons.add("image.digest", asked.at, asked.value, "name it by its digest, as name@sha256:...");
  };
  for (const Asked& pulled : facts.pulls) require(pulled);
  for (const Reference& reference : facts.references) {
    if (reference.use == Use::base) require({reference.name, reference.at});
  }
  const bool runs = facts.of == Facts::Of::container && !facts.service;
  if (runs && facts.image) require(*facts.image);
  if (!runs) return;
  for (const Asked& mounted : facts.image_mounts) require(mounted);
}

void refuse_odd_changes(const Facts& facts, Reasons& reasons) {
  for (const Asked& change : facts.odd_changes) {
    reasons.add("image.changes",
                change.at,
                change.value,
                "write one instruction, on one line; labels as key=value or \"key\"=\"a value\", "
                "without escapes");
  }
}

// Of an archive's own names nothing is known here.
void check_load(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const bool unseen =
      facts.of == Facts::Of::loaded_images && !policy.image.load && !policy.image.tag.name("**");
  if (!unseen) return;
  reasons.add("image.load",
              "",
              "an archive of images",
              "the names it brings are not seen here and image.allow.tag lists only some: an "
              "operator can set `image: { load: unchecked }`");
}

}  // namespace

// Where images come from, what they are called, where they go, and which of them are run.
void check_images(const Facts& facts, const Policy& policy, Reasons& reasons) {
  const ImageAllow& allow = policy.image;
  refuse_unlisted_references({"image", "pull", allow.pull}, facts.pulls, policy, reasons);
  refuse_unlisted_references({"image", "tag", allow.tag}, facts.tags, policy, reasons);
  refuse_unlisted_references({"image", "push", allow.push}, facts.pushes, policy, reasons);
  check_deletes(facts, policy, reasons);
  check_what_is_run(facts, policy, reasons);
  require_digests(facts, policy, reasons);
  check_load(facts, policy, reasons);
  refuse_unlisted({"image", "changes", allow.changes}, facts.image_changes, policy, reasons);
  refuse_odd_changes(facts, reasons);
  refuse_unlisted({"registry", "host", policy.registry.host}, facts.registries, policy, reasons);
  for (const Asked& address : facts.odd_registries) {
    reasons.add(Refusal::malformed,
                "registry.host",
                address.at,
                address.value,
                "name the registry as host, host:port, or a URL of these and a path");
  }
  if (facts.import_source && facts.import_source->value != "-" && !allow.import_url) {
    reasons.add("image.import_url",
                facts.import_source->at,
                "an image that the Engine fetches",
                "send the archive with the request, as `docker import -` does");
  }
}

}  // namespace dockgate::policy
