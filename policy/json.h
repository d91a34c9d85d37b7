// JSON values as dockgate holds them between reading a body and writing its own.
//
// A value owns all it holds. Object members keep their order and are not looked up by hash:
// a create body has some sixty of them, and the schema walk visits each once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dockgate::policy {

struct Member;

struct Json {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  bool boolean = false;         // boolean: its value
  std::string text;             // string: decoded UTF-8; number: the literal as written
  std::vector<Json> items;      // array
  std::vector<Member> members;  // object, in document order

  static Json of_null();
  static Json of_boolean(bool value);
  static Json of_integer(std::int64_t value);
  static Json of_number(std::string_view literal);
  static Json of_string(std::string_view value);
  static Json array();
  static Json object();

  bool is(Kind asked) const { return kind == asked; }

  // The zero value of its kind, as Go has it: null, false, 0, "", [] or {}.
  bool is_zero() const;

  // Takes away the members with exactly this key, where there are any.
  void erase(std::string_view key);

  // The member with exactly this key, or nullptr; nullptr too where this is no object.
  const Json* find(std::string_view key) const;
  Json* find(std::string_view key);

  // Appends a member and returns its value, which lives until the next append.
  Json& add(std::string_view key, Json value);

  friend bool operator==(const Json&, const Json&);
};

struct Member {
  Member() = default;

  explicit Member(std::string_view name) : key(name) {}

  Member(std::string_view name, Json what) : key(name), value(std::move(what)) {}

  std::string key;
  Json value;

  friend bool operator==(const Member&, const Member&) = default;
};

// The value at a JSON pointer (RFC 6901); nullptr where there is none.
Json* value_at(Json& document, std::string_view pointer);

// The string's text, or `otherwise` where the value is absent or not a string.
std::string_view string_or(const Json* value, std::string_view otherwise);

// Whether the value is present and `true`.
bool is_true(const Json* value);

// The integer's value; 0 where it is absent, no number, or beyond 64 bits.
std::int64_t integer_or_zero(const Json* value);

// Compact JSON: no blanks, UTF-8 kept, control characters and the two separators U+2028 and
// U+2029 escaped, so that one value is always one line.
void write_json(const Json& value, std::string& out);
std::string to_text(const Json& value);

// `text` as a JSON string with its quotes.
void write_json_string(std::string_view text, std::string& out);

}  // namespace dockgate::policy
