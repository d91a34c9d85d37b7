// Finds the field of a type that Go's encoding/json would decode a key into, whatever the number
// of fields. Made when the program is compiled.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dockgate::policy {

struct Field;

class FieldIndex {
 public:
  static constexpr std::size_t absent = static_cast<std::size_t>(-1);

  // A type has no more fields than this.
  static constexpr std::size_t most_fields = 128;

  // The fields' keys are ASCII, and no two of them fold together: what is compiled otherwise does
  // not compile.
  template <class Fields>
  constexpr explicit FieldIndex(const Fields& fields) {
    if (fields.size() > most_fields) throw "a type with too many fields";
    for (std::size_t i = 0; i < fields.size(); ++i) {
      std::size_t place = hash_of(fields[i].key);
      for (; places_[place % places_.size()] != 0; ++place) {
        const std::string_view other = fields[places_[place % places_.size()] - 1U].key;
        if (fold_together(other, fields[i].key)) throw "two fields of a type fold together";
      }
      places_[place % places_.size()] = static_cast<std::uint8_t>(i + 1);
    }
  }

  // The number of the field in `fields`, those that this was made of; `absent` where there is none.
  std::size_t find(std::string_view key, std::span<const Field> fields) const;

 private:
  static constexpr char folded(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }

  // Four of its bytes and its length: that tells nearly all keys of a type apart.
  static constexpr std::size_t hash_of(std::string_view key) {
    if (key.empty()) return 0;
    const std::size_t last = key.size() - 1;
    std::uint32_t hash = static_cast<std::uint32_t>(key.size());
    for (const std::size_t at : {std::size_t{0}, last / 3, last / 2, last}) {
      hash = hash * 31 + static_cast<unsigned char>(folded(key[at]));
    }
    return hash * 2654435761U >> 12;
  }

  static constexpr bool fold_together(std::string_view one, std::string_view other) {
    if (one.size() != other.size()) return false;
    for (std::size_t i = 0; i < one.size(); ++i) {
      if (folded(one[i]) != folded(other[i])) return false;
    }
    return true;
  }

  std::array<std::uint8_t, 2 * most_fields> places_{};  // numbers of fields, from 1; 0: none
};

}  // namespace dockgate::policy
