#include "policy/api/field_index.h"

#include <algorithm>

#include "policy/api/schema.h"
#include "policy/strict_json.h"

namespace dockgate::policy {

std::size_t FieldIndex::find(std::string_view key, std::span<const Field> fields) const {
  for (std::size_t place = hash_of(key); places_[place % places_.size()] != 0; ++place) {
    const std::size_t field = places_[place % places_.size()] - 1U;
    const std::string_view published = fields[field].key;
    if (key == published || fold_together(key, published)) return field;
  }
  // U+017F and U+212A fold into ASCII: no client writes them, and whoever does may wait.
  const bool ascii = std::all_of(
      key.begin(), key.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) return absent;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (folds_to(key, fields[i].key)) return i;
  }
  return absent;
}

}  // namespace dockgate::policy
