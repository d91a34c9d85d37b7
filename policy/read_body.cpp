#include "policy/read_body.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <boost/container/small_vector.hpp>
#include <charconv>
#include <concepts>
#include <limits>
#include <string>
#include <vector>

#include "policy/strict_json.h"

namespace dockgate::policy {
namespace {

// A value that stands where no such value belongs may be a secret in the wrong place.
std::string shown(const Json& value) {
  switch (value.kind) {
    case Json::Kind::string:
      return "a text";
    case Json::Kind::array:
      return "a list";
    case Json::Kind::object:
      return "an object";
    default:
      return to_text(value);
  }
}

template <std::integral Integer>
bool holds(const std::string& literal) {
  Integer number = 0;
  const std::string_view digits = literal == "-0" ? "0" : std::string_view(literal);
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && stop == digits.data() + digits.size();
}

bool holds_float32(const std::string& literal) {
  double number = 0;
  const auto [stop, error] =
      std::from_chars(literal.data(), literal.data() + literal.size(), number);
  constexpr double most = std::numeric_limits<float>::max();
  return error == std::errc() && stop == literal.data() + literal.size() && number <= most &&
         number >= -most;
}

std::string_view name_of(Type type) {
  switch (type) {
    case Type::boolean:
      return "true or false";
    case Type::uint16:
      return "an integer from 0 to 65535";
    case Type::uint32:
      return "an integer from 0 to 4294967295";
    case Type::int64:
      return "an integer of 64 bits";
    case Type::uint64:
      return "an integer of 64 bits, not negative";
    case Type::float32:
      return "a number";
    case Type::string:
      return "a string";
    case Type::strings:
      return "a list of strings";
    case Type::string_or_strings:
      return "a string or a list of strings";
    case Type::string_lists:
      return "a list of lists of strings";
    case Type::integers:
      return "a list of integers";
    case Type::string_map:
    case Type::nullable_map:
      return "an object of strings";
    case Type::object:
    case Type::object_map:
      return "an object";
    case Type::objects:
      return "a list of objects";
    case Type::objects_map:
      return "an object of lists of objects";
    case Type::unread:
      return "anything";
  }
  return "";
}

class Reader {
 public:
  Reader(Facts& facts, Reasons& reasons) : facts_(facts), reasons_(reasons) {}

  Json read_root(const Schema& schema, Json&& body, const Place& place) {
    if (schema.bare) {
      read_value(schema.fields.front(), body, place);
    } else {
      read_struct(schema, body, place);
    }
    return std::move(body);
  }

 private:
  // These leave a value in its canonical form, or null in its place.
  void read_struct(const Schema& schema, Json& body, const Place& place) {
    if (!body.is(Json::Kind::object)) return refuse(Type::object, body, place);
    std::vector<Member>& members = body.members;
    FieldsOf fields = assign(schema, body, place);
    Json inlined = take_inlined(schema, body, fields, place);
    if (!std::is_sorted(fields.begin(), fields.end())) arrange(members, fields);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      Member& member = members[i];
      if (fields[i] == absent) {
        read_unknown(schema, member, place);
      } else {
        const Field& field = schema.fields[fields[i]];
        if (member.key != field.key) member.key = field.key;
        read_value(field, member.value, place.field(field.key));
      }
      if (member.value.is(Json::Kind::null)) continue;
      if (kept != i) members[kept] = std::move(member);
      ++kept;
    }
    members.resize(kept);
    if (!inlined.members.empty()) put_inlined(schema, std::move(inlined), place, body);
  }

  static constexpr std::size_t absent = FieldIndex::absent;

  // The field that each member of an object is, or `absent`.
  static constexpr std::size_t usual_members = 96;  // more than any client of today's sends
  using FieldsOf = boost::container::small_vector<std::size_t, usual_members>;

  // Which field Go would decode each member into. Two that fold onto one are a refusal, because Go
  // merges them. Clients send fields in the order of Docker's types, which is the rows': the next
  // is tried first.
  FieldsOf assign(const Schema& schema, Json& body, const Place& place) {
    FieldsOf fields;
    fields.reserve(body.members.size());
    std::bitset<FieldIndex::most_fields> given;
    std::size_t next = 0;
    for (Member& member : body.members) {
      const bool as_usual = next < schema.fields.size() && schema.fields[next].key == member.key;
      const std::size_t field = as_usual ? next : schema.index.find(member.key, schema.fields);
      fields.push_back(field);
      if (field == absent) continue;
      next = field + 1;
      if (given.test(field)) {
        add_duplicate(place.member(member.key), member.key, schema.fields[field].key);
      }
      given.set(field);
    }
    return fields;
  }

  void add_duplicate(const Place& place, std::string_view key, std::string_view field) {
    reasons_.add(
        "body.duplicate", place.text(), std::string(key), "give `" + std::string(field) + "` once");
  }

  // Members in the order of the rows; those without one as they came, at the end.
  static void arrange(std::vector<Member>& members, FieldsOf& fields) {
    std::array<std::size_t, FieldIndex::most_fields> member_of;
    member_of.fill(absent);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i] != absent) member_of[fields[i]] = i;
    }
    std::vector<Member> arranged;
    FieldsOf theirs;
    arranged.reserve(members.size());
    theirs.reserve(members.size());
    for (std::size_t field = 0; field < member_of.size(); ++field) {
      if (member_of[field] == absent) continue;
      arranged.push_back(std::move(members[member_of[field]]));
      theirs.push_back(field);
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i] != absent) continue;
      arranged.push_back(std::move(members[i]));
      theirs.push_back(absent);
    }
    members = std::move(arranged);
    fields = std::move(theirs);
  }

  // Takes from `body` what the Engine would take for the inlined type's fields, in canonical form
  // and read as where they will stand. No field of the one type is one of the other's.
  Json take_inlined(const Schema& schema, Json& body, FieldsOf& fields, const Place& place) {
    Json inlined = Json::object();
    if (schema.inlined == nullptr) return inlined;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      Member& member = body.members[i];
      if (fields[i] == absent && has_field(*schema.inlined, member.key)) {
        inlined.members.push_back(std::move(member));
        continue;
      }
      if (kept != i) body.members[kept] = std::move(member);
      fields[kept++] = fields[i];
    }
    body.members.resize(kept);
    fields.resize(kept);
    if (!inlined.members.empty()) {
      read_struct(*schema.inlined, inlined, place.field(schema.inlined_under));
    }
    return inlined;
  }

  // Puts them where they belong, beside what stands there.
  void put_inlined(const Schema& schema, Json inlined, const Place& place, Json& body) {
    if (Json* const nested = body.find(schema.inlined_under)) {
      const Place under = place.field(schema.inlined_under);
      *nested = merge(std::move(*nested), std::move(inlined), *schema.inlined, under);
      return;
    }
    const std::size_t field = schema.index.find(schema.inlined_under, schema.fields);
    const auto after = std::find_if(
        body.members.begin(), body.members.end(), [&schema, field](const Member& member) {
          return schema.index.find(member.key, schema.fields) > field;
        });
    body.members.insert(after, Member(schema.inlined_under, std::move(inlined)));
  }

  // One HostConfig of the nested one and of the settings at the top. The Engine takes one or the
  // other by its version and by what is zero; dockgate takes both and refuses what they differ in.
  Json merge(Json nested, Json top, const Schema& schema, const Place& place) {
    Json merged = Json::object();
    for (const Field& field : schema.fields) {
      Json* const inner = nested.find(field.key);
      Json* const outer = top.find(field.key);
      if (inner == nullptr && outer == nullptr) continue;
      const bool both = inner != nullptr && outer != nullptr && !inner->is_zero() &&
                        !outer->is_zero() && !(*inner == *outer);
      if (both) add_duplicate(place.field(field.key), field.key, field.key);
      const bool take_outer = inner == nullptr || (inner->is_zero() && outer != nullptr);
      merged.add(field.key, std::move(take_outer ? *outer : *inner));
    }
    for (Member& member : nested.members) {
      if (merged.find(member.key) == nullptr) merged.members.push_back(std::move(member));
    }
    return merged;
  }

  // A zero that no field takes says nothing; anything else goes on as it came, and is told.
  void read_unknown(const Schema& schema, Member& member, const Place& place) {
    if (member.value.is_zero()) {
      member.value = Json();
      return;
    }
    facts_.unknown_fields.push_back(
        {schema.secret ? "a secret, maybe" : shown(member.value), place.member(member.key).text()});
  }

  void read_value(const Field& field, Json& value, const Place& place) {
    if (value.is(Json::Kind::null)) return;
    read_typed(field, value, place);
    if (field.reads != safe && !value.is(Json::Kind::null)) field.reads(value, place, facts_);
  }

  void refuse(Type expected, Json& value, const Place& place) {
    reasons_.add(Refusal::malformed,
                 "body.type",
                 place.text(),
                 shown(value),
                 "give " + std::string(name_of(expected)));
    value = Json();
  }

  void expect(bool holds, Type expected, Json& value, const Place& place) {
    if (!holds) refuse(expected, value, place);
  }

  void read_typed(const Field& field, Json& value, const Place& place) {
    switch (field.type) {
      case Type::boolean:
        return expect(value.is(Json::Kind::boolean), field.type, value, place);
      case Type::uint16:
      case Type::uint32:
      case Type::int64:
      case Type::uint64:
        return read_integer(field.type, value, place);
      case Type::float32: {
        const bool number = value.is(Json::Kind::number) && holds_float32(value.text);
        return expect(number, field.type, value, place);
      }
      case Type::string:
        return expect(value.is(Json::Kind::string), field.type, value, place);
      case Type::string_or_strings:
        if (value.is(Json::Kind::string)) return make_list(value);
        return read_list(field, Type::string, value, place);
      case Type::strings:
        return read_list(field, Type::string, value, place);
      case Type::string_lists:
        return read_list(field, Type::strings, value, place);
      case Type::integers:
        return read_list(field, Type::int64, value, place);
      case Type::objects:
        return read_list(field, Type::object, value, place);
      case Type::string_map:
      case Type::nullable_map:
        return read_map(field, Type::string, value, place);
      case Type::object_map:
        return read_map(field, Type::object, value, place);
      case Type::objects_map:
        return read_map(field, Type::objects, value, place);
      case Type::object:
        return read_struct(*field.of, value, place);
      case Type::unread:
        value = Json();
        return;
    }
    refuse(field.type, value, place);
  }

  void read_integer(Type type, Json& value, const Place& place) {
    const bool fits =
        value.is(Json::Kind::number) && (type == Type::uint16   ? holds<std::uint16_t>(value.text)
                                         : type == Type::uint32 ? holds<std::uint32_t>(value.text)
                                         : type == Type::uint64 ? holds<std::uint64_t>(value.text)
                                                                : holds<std::int64_t>(value.text));
    if (!fits) return refuse(type, value, place);
    if (value.text == "-0") value.text = "0";
  }

  // A plain string and a list of it mean the same up to Engine 28; from 29 on only the list does.
  static void make_list(Json& value) {
    Json list = Json::array();
    list.items.push_back(std::move(value));
    value = std::move(list);
  }

  void read_list(const Field& field, Type element, Json& value, const Place& place) {
    if (!value.is(Json::Kind::array)) return refuse(field.type, value, place);
    const Field item{.key = {}, .type = element, .of = field.of};
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      const Place item_place = place.item(i);
      if (value.items[i].is(Json::Kind::null)) {
        refuse(element, value.items[i], item_place);
      } else {
        read_typed(item, value.items[i], item_place);
      }
    }
  }

  // Keys of a map are exact: they neither fold nor have a published spelling.
  void read_map(const Field& field, Type element, Json& value, const Place& place) {
    if (!value.is(Json::Kind::object)) return refuse(field.type, value, place);
    const Field item{.key = {}, .type = element, .of = field.of};
    for (Member& member : value.members) {
      if (!member.value.is(Json::Kind::null)) {
        read_typed(item, member.value, place.member(member.key));
      } else if (field.type == Type::string_map) {
        member.value = Json::of_string("");
      }
    }
  }

  Facts& facts_;
  Reasons& reasons_;
};

bool is_list(Type type) {
  return type == Type::strings || type == Type::string_or_strings || type == Type::string_lists ||
         type == Type::integers || type == Type::objects;
}

Json zero_of(const Schema& schema) {
  return schema.bare && is_list(schema.fields.front().type) ? Json::array() : Json::object();
}

}  // namespace

void read_with_parent(const Json&, const Place&, Facts&) {}

bool has_field(const Schema& schema, std::string_view key) {
  return schema.index.find(key, schema.fields) != FieldIndex::absent ||
         (schema.inlined != nullptr && has_field(*schema.inlined, key));
}

Json read_body(
    const Schema& schema, Json body, const Place& place, Facts& facts, Reasons& reasons) {
  // Go reads `null` as the zero of what it reads into, and nothing as an error.
  if (body.is(Json::Kind::null)) return zero_of(schema);
  return Reader(facts, reasons).read_root(schema, std::move(body), place);
}

}  // namespace dockgate::policy
