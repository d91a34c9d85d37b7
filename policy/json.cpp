#include "policy/json.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace dockgate::policy {
namespace {

// A step of a JSON pointer, `~1` and `~0` read back.
std::string unescaped(std::string_view step) {
  std::string key;
  for (std::size_t i = 0; i < step.size(); ++i) {
    const bool escape = step[i] == '~' && i + 1 < step.size();
    key += !escape ? step[i] : step[i + 1] == '1' ? '/' : '~';
    if (escape) ++i;
  }
  return key;
}

Json* item_at(Json& list, std::string_view step) {
  std::size_t index = 0;
  const auto [stop, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  const bool valid = error == std::errc() && stop == step.data() + step.size();
  return valid && index < list.items.size() ? &list.items[index] : nullptr;
}

// Bytes that need no second look; 0xe2 may begin a line separator.
constexpr std::array<bool, 256> stands_as_it_is = [] {
  std::array<bool, 256> all{};
  for (std::size_t byte = 0x20; byte < all.size(); ++byte) {
    all[byte] = byte != '"' && byte != '\\' && byte != 0x7f && byte != 0xe2;
  }
  return all;
}();

void write_escaped(std::string_view text, std::string& out) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;  // where what is written as it stands begins
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (stands_as_it_is[byte]) continue;
    // Line separators to some readers of the audit trail: one value stays one line.
    const std::string_view three = text.substr(i, 3);
    const bool separates = three == "\u2028" || three == "\u2029";
    if (byte == 0xe2 && !separates) continue;
    out += text.substr(plain, i - plain);
    plain = i + 1;
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[i];
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (separates) {
      out += three == "\u2028" ? "\\u2028" : "\\u2029";
      i += 2;
      plain = i + 1;
    } else {
      out += "\\u00";
      out += hex[byte >> 4];
      out += hex[byte & 0xf];
    }
  }
  out += text.substr(plain);
  out += '"';
}

}  // namespace

Json Json::of_null() { return {}; }

Json Json::of_boolean(bool value) {
  Json json;
  json.kind = Kind::boolean;
  json.boolean = value;
  return json;
}

Json Json::of_integer(std::int64_t value) { return of_number(std::to_string(value)); }

Json Json::of_number(std::string_view literal) {
  Json json;
  json.kind = Kind::number;
  json.text = literal;
  return json;
}

Json Json::of_string(std::string_view value) {
  Json json;
  json.kind = Kind::string;
  json.text = value;
  return json;
}

Json Json::array() {
  Json json;
  json.kind = Kind::array;
  return json;
}

Json Json::object() {
  Json json;
  json.kind = Kind::object;
  return json;
}

bool Json::is_zero() const {
  switch (kind) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return !boolean;
    case Kind::number: {
      const std::string_view mantissa = std::string_view(text).substr(0, text.find_first_of("eE"));
      return mantissa.find_first_not_of("-0.") == std::string_view::npos;
    }
    case Kind::string:
      return text.empty();
    case Kind::array:
      return items.empty();
    case Kind::object:
      return members.empty();
  }
  return false;
}

void Json::erase(std::string_view key) {
  members.erase(std::remove_if(members.begin(),
                               members.end(),
                               [key](const Member& member) { return member.key == key; }),
                members.end());
}

const Json* Json::find(std::string_view key) const {
  const auto found = std::find_if(
      members.begin(), members.end(), [key](const Member& member) { return member.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

Json* Json::find(std::string_view key) {
  const auto found = std::find_if(
      members.begin(), members.end(), [key](const Member& member) { return member.key == key; });
  return found == members.end() ? nullptr : &found->value;
}

Json& Json::add(std::string_view key, Json value) {
  return members.emplace_back(key, std::move(value)).value;
}

bool operator==(const Json& left, const Json& right) {
  return left.kind == right.kind && left.boolean == right.boolean && left.text == right.text &&
         left.items == right.items && left.members == right.members;
}

Json* value_at(Json& document, std::string_view pointer) {
  Json* value = &document;
  while (value != nullptr && !pointer.empty()) {
    pointer.remove_prefix(1);
    const std::string_view step = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(step.size());
    value = value->is(Json::Kind::array) ? item_at(*value, step) : value->find(unescaped(step));
  }
  return value;
}

std::string_view string_or(const Json* value, std::string_view otherwise) {
  if (value == nullptr || !value->is(Json::Kind::string)) return otherwise;
  return value->text;
}

bool is_true(const Json* value) {
  return value != nullptr && value->is(Json::Kind::boolean) && value->boolean;
}

std::int64_t integer_or_zero(const Json* value) {
  if (value == nullptr || !value->is(Json::Kind::number)) return 0;
  std::int64_t number = 0;
  const char* const end = value->text.data() + value->text.size();
  const auto [stop, error] = std::from_chars(value->text.data(), end, number);
  return error == std::errc() && stop == end ? number : 0;
}

void write_json(const Json& value, std::string& out) {
  switch (value.kind) {
    case Json::Kind::null:
      out += "null";
      return;
    case Json::Kind::boolean:
      out += value.boolean ? "true" : "false";
      return;
    case Json::Kind::number:
      out += value.text;
      return;
    case Json::Kind::string:
      write_json_string(value.text, out);
      return;
    case Json::Kind::array:
      out += '[';
      for (const Json& item : value.items) {
        if (&item != &value.items.front()) out += ',';
        write_json(item, out);
      }
      out += ']';
      return;
    case Json::Kind::object:
      out += '{';
      for (const Member& member : value.members) {
        if (&member != &value.members.front()) out += ',';
        write_json_string(member.key, out);
        out += ':';
        write_json(member.value, out);
      }
      out += '}';
      return;
  }
}

std::string to_text(const Json& value) {
  constexpr std::size_t usual = 1024;
  std::string out;
  if (!value.members.empty()) out.reserve(usual);
  write_json(value, out);
  return out;
}

void write_json_string(std::string_view text, std::string& out) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return stands_as_it_is[static_cast<unsigned char>(c)];
  });
  if (!plain) return write_escaped(text, out);
  const std::size_t at = out.size();
  out.resize(at + text.size() + 2);
  out[at] = '"';
  text.copy(&out[at + 1], text.size());
  out.back() = '"';
}

}  // namespace dockgate::policy
