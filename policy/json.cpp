#include "policy/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

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

bool stands_as_is(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return stands_as_it_is[static_cast<unsigned char>(c)];
  });
}

// Appends many pieces to a text. It has room in advance, as much as was appended so far: what is
// asked of the text for each piece costs more than most pieces. It is whole once this has ended.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out), began_(out.size()), used_(began_) {}

  ~Writer() { out_.resize(used_); }

  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void put(char c) { *room(1) = c; }

  void put(std::string_view text) { text.copy(room(text.size()), text.size()); }

  void put_string(std::string_view text) {
    if (!stands_as_is(text)) return put_escaped(text);
    char* to = room(text.size() + 2);
    *to++ = '"';
    to += text.copy(to, text.size());
    *to = '"';
  }

  // `"key":`
  void put_key(std::string_view key) {
    if (!stands_as_is(key)) {
      put_escaped(key);
      return put(':');
    }
    char* to = room(key.size() + 3);
    *to++ = '"';
    to += key.copy(to, key.size());
    *to++ = '"';
    *to = ':';
  }

 private:
  // Where the next `size` bytes belong, all of which are written before the next are asked for.
  char* room(std::size_t size) {
    if (out_.size() - used_ < size) grow(size);
    return out_.data() + std::exchange(used_, used_ + size);
  }

  [[gnu::noinline]] void grow(std::size_t size) {
    const std::size_t appended = used_ - began_;
    out_.resize(used_ + size + appended);
  }

  void put_escaped(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    put('"');
    std::size_t plain = 0;  // where what is written as it stands begins
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (stands_as_it_is[byte]) continue;
      // Line separators to some readers of the audit trail: one value stays one line.
      const std::string_view three = text.substr(i, 3);
      const bool separates = three == "\u2028" || three == "\u2029";
      if (byte == 0xe2 && !separates) continue;
      put(text.substr(plain, i - plain));
      plain = i + 1;
      if (byte == '"' || byte == '\\') {
        put('\\');
        put(text[i]);
      } else if (byte == '\n') {
        put("\\n");
      } else if (byte == '\t') {
        put("\\t");
      } else if (separates) {
        put(three == "\u2028" ? "\\u2028" : "\\u2029");
        i += 2;
        plain = i + 1;
      } else {
        put("\\u00");
        put(hex[byte >> 4]);
        put(hex[byte & 0xf]);
      }
    }
    put(text.substr(plain));
    put('"');
  }

  std::string& out_;
  std::size_t began_;
  std::size_t used_;
};

void write(const Json& value, Writer& out) {
  switch (value.kind) {
    case Json::Kind::null:
      return out.put("null");
    case Json::Kind::boolean:
      return out.put(value.boolean ? "true" : "false");
    case Json::Kind::number:
      return out.put(value.text);
    case Json::Kind::string:
      return out.put_string(value.text);
    case Json::Kind::array:
      out.put('[');
      for (const Json& item : value.items) {
        if (&item != &value.items.front()) out.put(',');
        write(item, out);
      }
      return out.put(']');
    case Json::Kind::object:
      out.put('{');
      for (const Member& member : value.members) {
        if (&member != &value.members.front()) out.put(',');
        out.put_key(member.key);
        write(member.value, out);
      }
      return out.put('}');
  }
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
  Writer writer(out);
  write(value, writer);
}

std::string to_text(const Json& value) {
  constexpr std::size_t usual = 2048;  // a create's body
  std::string out;
  if (!value.members.empty()) out.reserve(usual);
  write_json(value, out);
  return out;
}

void write_json_string(std::string_view text, std::string& out) {
  if (!stands_as_is(text)) {
    Writer(out).put_string(text);
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

}  // namespace dockgate::policy
