// Readers of what an operation says of images: its path and its parameters together.
#include <algorithm>
#include <string>
#include <string_view>

#include "policy/api/operations.h"
#include "policy/facts.h"
#include "policy/image_reference.h"
#include "policy/json.h"
#include "policy/place.h"
#include "policy/read_facts/fact_readers.h"
#include "policy/request.h"
#include "policy/verdict.h"

namespace dockgate::policy {
namespace {

void refuse_reference(std::string_view text, std::string at, Reasons& reasons) {
  reasons.add(Refusal::malformed,
              "image.reference",
              std::move(at),
              std::string(text),
              "name it as registry/path:tag or registry/path@sha256:digest, in lower case");
}

// A name, and a tag or digest that is given beside it and stands in place of its own. A tag beside
// a name with a digest is refused: Engines pull by the digest, and give names by the tag.
std::optional<ImageReference> reference_of(std::string_view name,
                                           std::string_view tag,
                                           const std::string& at,
                                           Reasons& reasons) {
  std::optional<ImageReference> reference = parse_reference(name);
  const bool valid =
      reference && (tag.empty() || is_digest(tag) || (is_tag(tag) && reference->digest.empty()));
  if (!valid) {
    refuse_reference(
        tag.empty() ? std::string(name) : std::string(name) + ":" + std::string(tag), at, reasons);
    return std::nullopt;
  }
  if (tag.empty()) return reference;
  reference->tag.clear();
  reference->digest.clear();
  (is_digest(tag) ? reference->digest : reference->tag) = tag;
  return reference;
}

// The name an image is given: without a tag it is `latest`, a digest cannot be given.
void give_name(std::string_view name,
               std::string_view tag,
               const std::string& at,
               Facts& facts,
               Reasons& reasons) {
  if (name.empty()) return;
  std::optional<ImageReference> reference = reference_of(name, tag, at, reasons);
  if (!reference) return;
  if (!reference->digest.empty()) return refuse_reference(reference->text(), at, reasons);
  if (reference->tag.empty()) reference->tag = "latest";
  facts.tags.push_back({reference->text(), at});
  const std::string id = id_in_its_way(*reference);
  if (!id.empty()) facts.references.push_back({ReferenceKind::image, id, at, Use::absent});
}

}  // namespace

void read_image_create(const Target& target, Facts& facts, Reasons& reasons) {
  const std::string_view from = value_of(target, "fromImage");
  const std::string_view tag = value_of(target, "tag");
  if (from.empty()) {
    give_name(value_of(target, "repo"), tag, "?repo", facts, reasons);
    return;
  }
  // The Engine takes a colon at the end for none.
  const std::string_view name = from.back() == ':' ? from.substr(0, from.size() - 1) : from;
  const auto reference = reference_of(name, tag, "?fromImage", reasons);
  if (reference) facts.pulls.push_back({reference->text(), "?fromImage"});
}

void read_image_push(const Target& target, Facts& facts, Reasons& reasons) {
  const auto reference =
      reference_of(target.arguments.front(), value_of(target, "tag"), "", reasons);
  if (reference) facts.pushes.push_back({reference->text(), ""});
}

// The Engine takes a name before the beginning of an id; which it would be is not looked up.
void read_image_delete(const Target& target, Facts& facts, Reasons& reasons) {
  const std::string& name = target.arguments.front();
  const bool id = reads_as_image_id(name);
  const auto reference = id ? std::nullopt : reference_of(name, "", "", reasons);
  if (id || reference) facts.deletes.push_back({id ? name : reference->text(), ""});
}

void read_image_tag(const Target& target, Facts& facts, Reasons& reasons) {
  give_name(value_of(target, "repo"), value_of(target, "tag"), "?repo", facts, reasons);
}

void read_image_commit(const Target& target, Facts& facts, Reasons& reasons) {
  give_name(value_of(target, "repo"), value_of(target, "tag"), "?repo", facts, reasons);
}

void read_image_build(const Target& target, Facts& facts, Reasons& reasons) {
  facts.of = Facts::Of::build;
  for (const auto& [name, value] : target.query) {
    if (name == "t") give_name(value, "", "?t", facts, reasons);
    if (name == "pull" && value != "0") facts.build_pull = Asked{"pull", "?pull"};
  }
}

// HTTP/2 in both directions, of which nothing is read here.
void read_buildkit(const Target& target, Facts& facts, Reasons&) {
  facts.buildkit = Asked{std::string(target.operation->id), ""};
}

void read_image_load(const Target&, Facts& facts, Reasons&) { facts.of = Facts::Of::loaded_images; }

void read_distribution_inspect(const Target& target, Facts& facts, Reasons& reasons) {
  const auto reference = reference_of(target.arguments.front(), "", "", reasons);
  if (reference) facts.pulls.push_back({reference->text(), ""});
}

// `registry.example.com/term` is asked there, a term alone at Docker Hub.
void read_image_search(const Target& target, Facts& facts, Reasons&) {
  const std::string_view term = value_of(target, "term");
  const std::string_view first = term.substr(0, term.find('/'));
  const bool has_host = first.size() < term.size() &&
                        (first.find_first_of(".:") != first.npos || first == "localhost");
  const std::optional<std::string> host = registry_host(has_host ? first : "");
  (host ? facts.registries : facts.odd_registries)
      .push_back({host.value_or("an address that names no host"), "?term"});
}

// Up to API 1.41 a prune takes every volume that no container uses; from 1.42 on only those
// without a name, unless the filter `all` says otherwise. Without a version it is the Engine's.
void read_volume_prune(const Target& target, Facts& facts, Reasons&) {
  constexpr ApiVersion anonymous_alone{1, 42};
  const std::string_view filters = value_of(target, "filters");
  const bool all = filters.find("\"all\"") != std::string_view::npos;
  if (target.version && *target.version >= anonymous_alone && !all) return;
  facts.prune_named_volumes = Asked{"volumes with a name too", all ? "?filters" : ""};
}

}  // namespace dockgate::policy
