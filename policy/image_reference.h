// Names of images, as the Engine reads them: `alpine` is docker.io/library/alpine:latest.
//
// The grammar is the one of the `reference` package that the Engine, the CLI and registries share
// (distribution/reference, its doc comment): an optional domain, a path of lower-case components,
// an optional tag, an optional digest.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dockgate::policy {

struct ImageReference {
  std::string domain;  // "docker.io", "registry.example.com:5000"
  std::string path;    // "library/alpine"
  std::string tag;     // "" where none is given
  std::string digest;  // "sha256:…"; "" where none is given

  std::string name() const { return domain + "/" + path; }

  // `name[:tag][@digest]`
  std::string text() const;

  friend bool operator==(const ImageReference&, const ImageReference&) = default;
};

// Nothing where the Engine would say that this is no reference. An id (64 hex digits) is none.
std::optional<ImageReference> parse_reference(std::string_view text);

// `sha256:` and 64 hex digits, or those digits alone: an image by its id.
bool is_image_id(std::string_view text);

// Whether `text` could be taken for the beginning of an object's id: hex digits alone, 1 to 64.
bool reads_as_id(std::string_view text);

// The same for images, whose ids may be begun with `sha256:`.
bool reads_as_image_id(std::string_view text);

// What a name of Docker Hub's library is taken for the beginning of, where an image has such an
// id: `cafe`, library/cafe and docker.io/library/cafe:latest are one name, which goes before it.
// "" where no id could begin like it.
std::string id_in_its_way(const ImageReference& reference);

// The host that a registry's address names: `https://` before it and a path after it are no part
// of it, none at all is Docker Hub. Nothing where two could read another host in it.
std::optional<std::string> registry_host(std::string_view address);

bool is_tag(std::string_view text);     // at most 128 word characters, `.` and `-`
bool is_digest(std::string_view text);  // `algorithm:hex`

// Whether `pattern` stands for the reference. `*` is any characters but a slash, `**` any at all.
// A pattern without a tag stands for every tag, one with a tag for that (`*` within it is any
// characters), but for none that a digest is given beside, by which Engines go alone; one with a
// digest for that digest alone.
bool reference_matches(std::string_view pattern, const ImageReference& reference);

// What is wrong with a pattern, "" where nothing is: it must name its domain, so that nobody reads
// `library/*` as something it is not.
std::string problem_of_reference_pattern(std::string_view pattern);

}  // namespace dockgate::policy
