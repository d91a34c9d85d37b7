#include "policy/lookups.h"

#include "policy/strict_json.h"

namespace dockgate::policy {

const Json* Answer::document() const {
  if (read == nullptr) {
    auto parsed = parse_json(body, "");
    read = std::make_shared<const std::optional<Json>>(
        parsed ? std::optional<Json>(std::move(*parsed)) : std::nullopt);
  }
  return read->has_value() ? &**read : nullptr;
}

}  // namespace dockgate::policy
