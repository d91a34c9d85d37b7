// What only the Engine can tell. policy/ never asks by itself: it says which lookups it needs,
// proxy/ asks the Engine over a connection of its own, and hands the answers back.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/facts.h"
#include "policy/json.h"

namespace dockgate::policy {

struct Lookup {
  ReferenceKind kind = ReferenceKind::container;
  std::string name;
  std::string platform = {};  // of an image that is pulled; "": the Engine's own

  friend auto operator<=>(const Lookup&, const Lookup&) = default;
};

// The path of the Engine API that answers a lookup, such as `/containers/web/json`. Only names that
// need no encoding are ever looked up. A host path is not the Engine's to answer.
std::string path_of(const Lookup& lookup);

struct Answer {
  enum class Kind : std::uint8_t {
    found,    // `body` is what the Engine's inspect says; of a host path, a WayOnHost's text
    missing,  // the Engine answered 404
    failed,   // it answered anything else, or not at all: the request is refused
  };
  Kind kind = Kind::failed;
  std::string body;

  // `body` as JSON, read once; nullptr where it is none.
  const Json* document() const;

  mutable std::shared_ptr<const std::optional<Json>> read = {};
};

using Answers = std::map<Lookup, Answer>;

}  // namespace dockgate::policy
