#include "tests/support/mutate_body.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/request_templates.h"
#include "tests/support/spell.h"

namespace dockgate::tests {
namespace {

using policy::Json;
using policy::Member;

void collect(Json& value, std::vector<Json*>& out) {
  out.push_back(&value);
  for (Json& item : value.items) collect(item, out);
  for (Member& member : value.members) collect(member.value, out);
}

// Pointers to every value of the document, which hold until it is changed; the first is the whole.
std::vector<Json*> values_of(Json& body) {
  std::vector<Json*> values;
  collect(body, values);
  return values;
}

Json* some_object(Json& body, Choices& choices) {
  std::vector<Json*> objects;
  for (Json* const value : values_of(body)) {
    if (!value->members.empty()) objects.push_back(value);
  }
  return objects.empty() ? nullptr : choices.one_of(objects);
}

Member* some_member(Json& body, Choices& choices) {
  Json* const object = some_object(body, choices);
  return object == nullptr ? nullptr : &choices.one_of(object->members);
}

Json* some_text(Json& body, Choices& choices) {
  std::vector<Json*> texts;
  for (Json* const value : values_of(body)) {
    if (value->is(Json::Kind::string)) texts.push_back(value);
  }
  return texts.empty() ? nullptr : choices.one_of(texts);
}

Json& some_value(Json& body, Choices& choices) {
  const std::vector<Json*> values = values_of(body);
  return *choices.one_of(values);
}

Json telling_value(Choices& choices) {
  Json value = Json::of_string(choices.one_of(telling_words()));
  switch (choices.below(5)) {
    case 0:
      return value;
    case 1: {
      Json list = Json::array();
      list.items.push_back(std::move(value));
      return list;
    }
    case 2:
      return Json::of_boolean(true);
    case 3:
      return Json::of_integer(static_cast<int>(choices.below(5)) - 2);
    default: {
      Json object = Json::object();
      object.add("Type", std::move(value));
      return object;
    }
  }
}

Json zero_value(Choices& choices) {
  switch (choices.below(6)) {
    case 0:
      return Json::of_null();
    case 1:
      return Json::of_string("");
    case 2:
      return Json::array();
    case 3:
      return Json::object();
    case 4:
      return Json::of_boolean(false);
    default:
      return Json::of_number(choices.one_in(3) ? "-0" : "0");
  }
}

std::string unknown_key(Choices& choices) {
  constexpr std::string_view keys[] = {
      "Foo", "Privileged ", "\xef\xbc\xb0rivileged", "host_config", "HostConfig\t", "x-Binds"};
  return std::string(choices.one_of(keys));
}

// Mutations that leave most requests acceptable.

void respell_key(Json& body, Choices& choices) {
  Member* const member = some_member(body, choices);
  if (member != nullptr) member->key = respelled_key(member->key, choices);
}

void reorder(Json& body, Choices& choices) {
  Json* const object = some_object(body, choices);
  if (object == nullptr) return;
  std::swap(object->members.front(), choices.one_of(object->members));
}

void add_unknown_zero(Json& body, Choices& choices) {
  Json* const object = some_object(body, choices);
  if (object != nullptr) object->add(unknown_key(choices), zero_value(choices));
}

void say_null(Json& body, Choices& choices) {
  Member* const member = some_member(body, choices);
  if (member != nullptr) member->value = Json::of_null();
}

// Engines up to 26 take what stands at the top for HostConfig, where that is null or absent.
void inline_host_config(Json& body, Choices& choices) {
  Json* const found = body.find("HostConfig");
  if (found == nullptr || !found->is(Json::Kind::object)) return;
  std::vector<Member> members = std::exchange(found->members, {});
  switch (choices.below(4)) {
    case 0:
      *found = Json::of_null();
      break;
    case 1: {
      const auto is_it = [found](const Member& member) { return &member.value == found; };
      body.members.erase(std::find_if(body.members.begin(), body.members.end(), is_it));
      break;
    }
    case 2:
      found->members.assign(members.begin(), members.end());  // in both places
      break;
    default:
      break;  // an empty one stays
  }
  for (Member& member : members) body.members.push_back(std::move(member));
}

void respell_option(Json& body, Choices& choices) {
  Json* const text = some_text(body, choices);
  if (text != nullptr) text->text = respelled_option(text->text, choices);
}

// Mutations that mostly are refused by somebody.

// The same key again, in this or another spelling, with this, another or no value.
void repeat_member(Json& body, Choices& choices) {
  Json* const object = some_object(body, choices);
  if (object == nullptr) return;
  Member again = choices.one_of(object->members);
  if (choices.one_in(2)) again.key = respelled_key(again.key, choices);
  switch (choices.below(4)) {
    case 0:
      again.value = zero_value(choices);
      break;
    case 1:
      again.value = telling_value(choices);
      break;
    case 2:
      for (Json& item : again.value.items) item = zero_value(choices);
      break;
    default:
      break;
  }
  const auto at = object->members.begin() +
                  static_cast<std::ptrdiff_t>(choices.below(object->members.size() + 1));
  object->members.insert(at, std::move(again));
}

Json exchanged(const Json& value, Choices& choices) {
  switch (value.kind) {
    case Json::Kind::boolean:
      return choices.one_in(2) ? Json::of_string(value.boolean ? "true" : "false")
                               : Json::of_integer(value.boolean ? 1 : 0);
    case Json::Kind::number:
      if (choices.one_in(2)) return Json::of_string(value.text);
      return Json::of_number(value.text + (choices.one_in(2) ? ".0" : "e0"));
    case Json::Kind::string:
      return choices.one_in(2) ? Json::of_integer(1) : Json::of_boolean(true);
    case Json::Kind::array:
      return value.items.empty() ? Json::object() : value.items.front();
    case Json::Kind::object:
      return Json::array();
    case Json::Kind::null:
      return zero_value(choices);
  }
  return {};
}

void exchange_type(Json& body, Choices& choices) {
  Json& value = some_value(body, choices);
  if (&value != &body) value = exchanged(value, choices);
}

void nest(Json& body, Choices& choices) {
  Member* const member = some_member(body, choices);
  if (member == nullptr) return;
  Json inner = std::move(member->value);
  member->value = choices.one_in(2) ? Json::array() : Json::object();
  if (member->value.is(Json::Kind::array)) {
    member->value.items.push_back(std::move(inner));
  } else {
    member->value.add(member->key, std::move(inner));
  }
}

void add_unknown(Json& body, Choices& choices) {
  Json* const object = some_object(body, choices);
  if (object != nullptr) object->add(unknown_key(choices), telling_value(choices));
}

void say_something_else(Json& body, Choices& choices) {
  Json* const text = some_text(body, choices);
  if (text != nullptr) text->text = choices.one_of(telling_words());
}

void add_item(Json& body, Choices& choices) {
  Json& value = some_value(body, choices);
  if (!value.is(Json::Kind::array)) return;
  const bool other = value.items.empty() || choices.one_in(2);
  Json item = other ? telling_value(choices) : value.items.front();
  value.items.push_back(std::move(item));
}

using Mutation = void (*)(Json& body, Choices& choices);

constexpr Mutation gentle[] = {
    respell_key, reorder, add_unknown_zero, say_null, inline_host_config, respell_option};
constexpr Mutation harsh[] = {
    repeat_member, exchange_type, nest, add_unknown, say_something_else, add_item, respell_key};

}  // namespace

void mutate_body(Json& body, Choices& choices) {
  const Mutation mutation = choices.one_in(4) ? choices.one_of(harsh) : choices.one_of(gentle);
  mutation(body, choices);
}

}  // namespace dockgate::tests
