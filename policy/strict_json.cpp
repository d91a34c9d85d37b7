#include "policy/strict_json.h"

#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "policy/place.h"

namespace dockgate::policy {
namespace {

namespace json = boost::json;
using boost::system::error_code;

// Calls `found(i)` for each member whose key one before it has.
class RepeatedKeys {
 public:
  explicit RepeatedKeys(const std::vector<Member>& members) : members_(members) {}

  template <class Found>
  void each(Found found) const {
    if (members_.size() <= few) return look_back(found);
    if (members_.size() <= most_numbered) return look_up(found);
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (!seen.insert(members_[i].key).second) found(i);
    }
  }

 private:
  static constexpr std::size_t few = 8;
  static constexpr std::size_t most_numbered = 128;

  template <class Found>
  void look_back(Found found) const {
    for (std::size_t i = 1; i < members_.size(); ++i) {
      const std::string& key = members_[i].key;
      for (std::size_t before = 0; before < i; ++before) {
        if (members_[before].key != key) continue;
        found(i);
        break;
      }
    }
  }

  // In a table of numbers on the stack: no object of the API has more keys.
  template <class Found>
  void look_up(Found found) const {
    std::array<std::uint8_t, 2 * most_numbered> numbers{};  // of members, from 1; 0: none
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const std::string& key = members_[i].key;
      std::size_t place = hash_of(key) % numbers.size();
      while (numbers[place] != 0 && members_[numbers[place] - 1U].key != key) {
        place = (place + 1) % numbers.size();
      }
      if (numbers[place] != 0) {
        found(i);
      } else {
        numbers[place] = static_cast<std::uint8_t>(i + 1);
      }
    }
  }

  // Three of its bytes and its length.
  static std::size_t hash_of(std::string_view key) {
    if (key.empty()) return 0;
    const auto byte = [key](std::size_t at) { return static_cast<unsigned char>(key[at]); };
    const std::size_t last = key.size() - 1;
    const std::size_t sum =
        key.size() + byte(0) * 31U + byte(last / 2) * 961U + byte(last) * 29791U;
    return sum * 2654435761U >> 12;
  }

  const std::vector<Member>& members_;
};

// Builds values from the parser's events. Names follow Boost.JSON's handler concept.
class Builder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t usual_members = 8;
  static constexpr std::size_t growth = 3;

  Builder(std::string_view root, bool may_hold_nul) : root_(root), may_hold_nul_(may_hold_nul) {}

  bool on_document_begin(error_code&) { return true; }

  bool on_document_end(error_code&) { return true; }

  bool on_array_begin(error_code&) { return open(Json::Kind::array); }

  bool on_array_end(std::size_t, error_code&) { return close(); }

  bool on_object_begin(error_code&) { return open(Json::Kind::object); }

  bool on_object_end(std::size_t, error_code&) {
    find_duplicate_keys();
    return close();
  }

  bool on_string_part(json::string_view part, std::size_t, error_code&) { return append(part); }

  bool on_string(json::string_view part, std::size_t, error_code&) {
    return put(Json::Kind::string, part);
  }

  bool on_key_part(json::string_view part, std::size_t, error_code&) { return append(part); }

  bool on_key(json::string_view part, std::size_t, error_code&) {
    look_for_nul(part);
    std::vector<Member>& members = open_.back()->members;
    if (members.size() == members.capacity()) {
      members.reserve(members.empty() ? usual_members : members.size() * growth);
    }
    if (text_.empty()) {
      members.emplace_back(part);
    } else {
      members.emplace_back().key = whole_text(part);
    }
    return true;
  }

  bool on_number_part(json::string_view part, error_code&) { return append(part); }

  bool on_int64(std::int64_t, json::string_view part, error_code&) { return put_number(part); }

  bool on_uint64(std::uint64_t, json::string_view part, error_code&) { return put_number(part); }

  bool on_double(double, json::string_view part, error_code&) { return put_number(part); }

  bool on_bool(bool value, error_code&) {
    Json& place = slot();
    place.kind = Json::Kind::boolean;
    place.boolean = value;
    return true;
  }

  bool on_null(error_code&) {
    slot();
    return true;
  }

  bool on_comment_part(json::string_view, error_code&) { return false; }

  bool on_comment(json::string_view, error_code&) { return false; }

  Json take() { return std::move(document_); }

  Reasons take_reasons() { return std::move(reasons_); }

 private:
  // The Engine's C neighbours end a string where a NUL stands; Go does not.
  void look_for_nul(json::string_view part) {
    if (may_hold_nul_ && part.find('\0') != json::string_view::npos) refuse_nul();
  }

  void refuse_nul() {
    reasons_.add(Refusal::malformed, "body.encoding", here(), "NUL", "leave NUL characters out");
  }

  bool append(json::string_view part) {
    look_for_nul(part);
    text_.append(part.data(), part.size());
    return true;
  }

  // The text that ends with `part`, of which some came before.
  std::string whole_text(json::string_view part) {
    std::string whole;
    whole.reserve(text_.size() + part.size());
    whole.append(text_).append(part.data(), part.size());
    text_.clear();
    return whole;
  }

  bool put_number(json::string_view part) { return put(Json::Kind::number, part); }

  bool put(Json::Kind kind, json::string_view part) {
    look_for_nul(part);
    Json& value = slot();
    value.kind = kind;
    if (text_.empty()) {
      value.text.append(part.data(), part.size());
    } else {
      value.text = whole_text(part);
    }
    return true;
  }

  Json& slot() {
    if (open_.empty()) return document_;
    Json& parent = *open_.back();
    if (parent.is(Json::Kind::object)) return parent.members.back().value;
    return parent.items.emplace_back();
  }

  bool open(Json::Kind container) {
    Json& place = slot();
    place.kind = container;
    open_.push_back(&place);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  void find_duplicate_keys() {
    const std::vector<Member>& members = open_.back()->members;
    RepeatedKeys(members).each([&](std::size_t i) {
      const std::string& key = members[i].key;
      reasons_.add("body.duplicate", here() + "/" + key, key, "give it once");
    });
  }

  // The pointer of what is open: its path of last members and items.
  std::string here() const {
    std::string out(root_);
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) append_step(*open_[i], out);
    return out;
  }

  static void append_step(const Json& container, std::string& out) {
    out += '/';
    out += container.is(Json::Kind::object) ? container.members.back().key
                                            : std::to_string(container.items.size() - 1);
  }

  std::string_view root_;
  bool may_hold_nul_;
  Json document_;
  // What is being read, outermost first. Each stays put while its children grow: only the last
  // item of the last container grows, and it is the one that is open.
  std::vector<Json*> open_;
  std::string text_;
  Reasons reasons_;
};

Reasons syntax_error(std::string_view root, const error_code& error) {
  Reasons reasons;
  if (error == json::error::too_deep) {
    reasons.add(Refusal::malformed,
                "body.depth",
                std::string(root),
                "more than " + std::to_string(json_depth) + " levels",
                "nest less");
  } else {
    reasons.add(Refusal::malformed,
                "body.syntax",
                std::string(root),
                error.message(),
                "send one JSON document in valid UTF-8");
  }
  return reasons;
}

// A value takes two bytes of text at least and a hundred or more here: a document of millions would
// be worth gigabytes. What separates or opens stands for a value each.
bool holds_too_many(std::string_view text) {
  if (text.size() < 2 * most_json_values) return false;
  std::size_t values = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') in_string = !in_string;
    if (in_string && c == '\\') ++i;
    if (!in_string && (c == ',' || c == '[' || c == '{')) ++values;
  }
  return values > most_json_values;
}

Reasons too_many_values(std::string_view root) {
  Reasons reasons;
  reasons.add(Refusal::malformed,
              "body.values",
              std::string(root),
              "more than " + std::to_string(most_json_values) + " values",
              "send fewer");
  return reasons;
}

bool only_blanks(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// The code point at the front of `text` and its length, for the two that fold into ASCII.
char folded_front(std::string_view text, std::size_t& length) {
  length = 1;
  if (text.substr(0, 2) == "\u017f") {
    length = 2;
    return 's';
  }
  if (text.substr(0, 3) == "\u212a") {
    length = 3;
    return 'k';
  }
  const char c = text.front();
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

Result<Json, Reasons> parse_json(std::string_view text, std::string_view root) {
  if (holds_too_many(text)) return too_many_values(root);
  json::parse_options options;
  options.max_depth = json_depth;
  // A NUL that is no escape is no JSON.
  const bool may_hold_nul = text.find("\\u0000") != std::string_view::npos;
  json::basic_parser<Builder> parser(options, root, may_hold_nul);
  error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (error) return syntax_error(root, error);
  if (!only_blanks(text.substr(read))) {
    return syntax_error(root, json::make_error_code(json::error::extra_data));
  }
  Reasons reasons = parser.handler().take_reasons();
  if (!reasons.empty()) return reasons;
  return parser.handler().take();
}

bool folds_to(std::string_view key, std::string_view published) {
  // Folding never shortens: U+017F and U+212A take more bytes than the letters they stand for.
  if (key.size() < published.size()) return false;
  if (key == published) return true;
  for (const char expected : published) {
    if (key.empty()) return false;
    std::size_t length = 0;
    std::size_t ignored = 0;
    if (folded_front(key, length) != folded_front({&expected, 1}, ignored)) return false;
    key.remove_prefix(length);
  }
  return key.empty();
}

}  // namespace dockgate::policy
