#include "policy/read_body.h"

#include <algorithm>
#include <array>
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
    Inlined inlined;
    if (schema.inlined != nullptr) inlined = take_inlined(schema, body, place);
    Json canonical = Json::object();
    canonical.members.reserve(body.members.size() + 1);
    std::vector<bool> known(body.members.size());
    take_fields_of(schema, body, place, &inlined, known, canonical);
    for (std::size_t i = 0; i < body.members.size(); ++i) {
      if (!known[i]) keep_unknown(schema, std::move(body.members[i]), place, canonical);
    }
    body = std::move(canonical);
  }

  // Settings of HostConfig that stand at the top of the body, and under which key they belong.
  struct Inlined {
    std::string_view under;
    const Schema* schema = nullptr;
    Json fields = Json::object();
  };

  static constexpr std::size_t absent = FieldIndex::absent;

  // Which member Go would decode into each field. Two that fold onto one field are a refusal,
  // because Go merges them.
  std::vector<std::size_t> assign(const Schema& schema,
                                  const Json& body,
                                  const Place& place,
                                  std::vector<bool>& known) {
    std::vector<std::size_t> member_of(schema.fields.size(), absent);
    for (std::size_t i = 0; i < body.members.size(); ++i) {
      if (known[i]) continue;
      const std::string& key = body.members[i].key;
      const std::size_t field = schema.index.find(key, schema.fields);
      if (field == absent) continue;
      known[i] = true;
      if (member_of[field] == absent) {
        member_of[field] = i;
      } else {
        add_duplicate(place.member(key), key, schema.fields[field].key);
      }
    }
    return member_of;
  }

  void add_duplicate(const Place& place, const std::string& key, std::string_view field) {
    reasons_.add("body.duplicate", place.text(), key, "give `" + std::string(field) + "` once");
  }

  // Those of what the type embeds first, as deep as it goes.
  void take_fields_of(const Schema& schema,
                      Json& body,
                      const Place& place,
                      Inlined* inlined,
                      std::vector<bool>& known,
                      Json& canonical) {
    if (schema.embedded != nullptr) {
      take_fields_of(*schema.embedded, body, place, nullptr, known, canonical);
    }
    const std::vector<std::size_t> member_of = assign(schema, body, place, known);
    for (std::size_t i = 0; i < member_of.size(); ++i) {
      const Field& field = schema.fields[i];
      const bool takes_more = inlined != nullptr && field.key == inlined->under;
      if (member_of[i] == absent && !takes_more) continue;
      Member& taken = canonical.members.emplace_back();
      if (member_of[i] != absent) {
        taken = std::move(body.members[member_of[i]]);
        read_value(field, taken.value, place.member(field.key));
      }
      if (takes_more) {
        taken.value =
            merge(std::move(taken.value), std::move(inlined->fields), *inlined->schema, place);
      }
      if (taken.value.is(Json::Kind::null)) {
        canonical.members.pop_back();
      } else if (taken.key != field.key) {
        taken.key = field.key;
      }
    }
  }

  // Takes from `body` what the Engine would take for the inlined type's fields, in canonical form.
  Inlined take_inlined(const Schema& schema, Json& body, const Place& place) {
    Inlined inlined{.under = schema.inlined_under, .schema = schema.inlined};
    std::vector<bool> taken(body.members.size());
    take_fields_of(*schema.inlined, body, place, nullptr, taken, inlined.fields);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (taken[i]) continue;
      if (kept != i) body.members[kept] = std::move(body.members[i]);
      ++kept;
    }
    body.members.resize(kept);
    return inlined;
  }

  // One HostConfig of the nested one and of the settings at the top. The Engine takes one or the
  // other by its version and by what is zero; dockgate takes both and refuses what they differ in.
  Json merge(Json nested, Json top, const Schema& schema, const Place& place) {
    if (top.members.empty()) return nested;
    if (nested.is(Json::Kind::null)) return top;
    Json merged = Json::object();
    merge_fields(schema, nested, top, place, merged);
    for (Member& member : nested.members) {
      if (merged.find(member.key) == nullptr) merged.members.push_back(std::move(member));
    }
    return merged;
  }

  void merge_fields(
      const Schema& schema, Json& nested, Json& top, const Place& place, Json& merged) {
    if (schema.embedded != nullptr) merge_fields(*schema.embedded, nested, top, place, merged);
    for (const Field& field : schema.fields) {
      Json* const inner = nested.find(field.key);
      Json* const outer = top.find(field.key);
      if (inner == nullptr && outer == nullptr) continue;
      const bool both = inner != nullptr && outer != nullptr && !inner->is_zero() &&
                        !outer->is_zero() && !(*inner == *outer);
      if (both) add_duplicate(place.member(field.key), std::string(field.key), field.key);
      const bool take_outer = inner == nullptr || (inner->is_zero() && outer != nullptr);
      merged.add(field.key, std::move(take_outer ? *outer : *inner));
    }
  }

  void keep_unknown(const Schema& schema, Member&& member, const Place& place, Json& canonical) {
    if (member.value.is_zero()) return;
    facts_.unknown_fields.push_back(
        {schema.secret ? "a secret, maybe" : shown(member.value), place.member(member.key).text()});
    canonical.members.push_back(std::move(member));
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

}  // namespace

void read_with_parent(const Json&, const Place&, Facts&) {}

bool has_field(const Schema& schema, std::string_view key) {
  return schema.index.find(key, schema.fields) != FieldIndex::absent ||
         (schema.embedded != nullptr && has_field(*schema.embedded, key)) ||
         (schema.inlined != nullptr && has_field(*schema.inlined, key));
}

Json read_body(
    const Schema& schema, Json body, const Place& place, Facts& facts, Reasons& reasons) {
  // No list is an empty one: where the Engine reads a list, it has to be sent one.
  if (body.is(Json::Kind::null)) return schema.bare ? Json::array() : Json();
  return Reader(facts, reasons).read_root(schema, std::move(body), place);
}

}  // namespace dockgate::policy
