// How a JSON body is described: a row a field. The rows are laid beside Docker's published API
// (api/docs/v1.NN.yaml of the Engine's sources) and its Go types; the reader in
// policy/read_body.h walks a body along them. A new field of a new API version is a new row.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "policy/api/field_index.h"

namespace dockgate::policy {

struct Facts;
struct Json;
class Place;
struct Schema;

// What a field's value must be, as the Engine's Go types take it. `null` is always taken and
// means absent. Integers are literals without fraction or exponent; numbers are within the type's
// range.
enum class Type : std::uint8_t {
  boolean,
  uint16,
  uint32,
  int64,
  uint64,
  float32,
  string,
  strings,            // []string
  string_or_strings,  // []string, or one plain string (up to Engine 28)
  string_lists,       // [][]string
  integers,           // []int64
  string_map,         // map[string]string; keys are exact, they do not fold
  nullable_map,       // map[string]*string: null is not the empty string
  object,             // a struct: `of`
  objects,            // []struct
  object_map,         // map[string]struct
  objects_map,        // map[string][]struct
  unread,             // clients send it and no Engine reads it: dropped, whatever it says
};

// Reads one field's value, already of its type and in canonical spelling, into the facts.
using ReadFact = void (*)(const Json& value, const Place& place, Facts& facts);

// Every row is one of three, and says which.
//
// The field cannot reach beyond its container: nothing to judge.
inline constexpr ReadFact safe = nullptr;
// The field means nothing without its siblings: the reader of the row above reads it with them.
void read_with_parent(const Json& value, const Place& place, Facts& facts);

// Any other reader: the field is governed, a policy says what it may hold.

struct Field {
  std::string_view key;  // as published; spellings that Go folds onto it are this field
  Type type;
  ReadFact reads = safe;
  const Schema* of = nullptr;  // the fields of object, objects, object_map, objects_map
};

struct Schema {
  std::string_view name;  // Docker's name of the type: `HostConfig`
  std::span<const Field> fields;
  // Holds credentials: no value of it is ever shown, of fields without a row either.
  bool secret = false;
  // Every Engine up to 26 takes the fields of HostConfig at the top of a create body too: the key
  // they belong under, whose field is one of `fields`, and their type.
  std::string_view inlined_under = {};
  const Schema* inlined = nullptr;
  // The value itself is the one field's, not an object that holds it: a body that is a list.
  bool bare = false;
  FieldIndex index = FieldIndex(fields);
};

}  // namespace dockgate::policy
