#include "policy/strict_json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <optional>
#include <unordered_set>
#include <vector>

#include "policy/place.h"

namespace dockgate::policy {
namespace {

namespace json = boost::json;
using boost::system::error_code;

// Builds values from the parser's events. Names follow Boost.JSON's handler concept.
class Builder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t usual_members = 8;

  explicit Builder(std::string_view root) : root_(root) {}

  bool on_document_begin(error_code&) { return true; }

  bool on_document_end(error_code&) { return true; }

  bool on_array_begin(error_code&) { return open(Json::array()); }

  bool on_array_end(std::size_t, error_code&) { return close(); }

  bool on_object_begin(error_code&) { return open(Json::object()); }

  bool on_object_end(std::size_t, error_code&) {
    find_duplicate_keys();
    return close();
  }

  bool on_string_part(json::string_view part, std::size_t, error_code&) { return append(part); }

  bool on_string(json::string_view part, std::size_t, error_code&) {
    append(part);
    return put(Json::Kind::string);
  }

  bool on_key_part(json::string_view part, std::size_t, error_code&) { return append(part); }

  bool on_key(json::string_view part, std::size_t, error_code&) {
    append(part);
    std::vector<Member>& members = open_.back()->members;
    if (members.empty()) members.reserve(usual_members);
    members.emplace_back().key = text_;
    text_.clear();
    return true;
  }

  bool on_number_part(json::string_view part, error_code&) { return append(part); }

  bool on_int64(std::int64_t, json::string_view part, error_code&) { return put_number(part); }

  bool on_uint64(std::uint64_t, json::string_view part, error_code&) { return put_number(part); }

  bool on_double(double, json::string_view part, error_code&) { return put_number(part); }

  bool on_bool(bool value, error_code&) { return put(Json::of_boolean(value)); }

  bool on_null(error_code&) { return put(Json::of_null()); }

  bool on_comment_part(json::string_view, error_code&) { return false; }

  bool on_comment(json::string_view, error_code&) { return false; }

  Json take() { return std::move(document_); }

  Reasons take_reasons() { return std::move(reasons_); }

 private:
  // The Engine's C neighbours end a string where a NUL stands; Go does not.
  bool append(json::string_view part) {
    if (part.find('\0') != json::string_view::npos) {
      reasons_.add(Refusal::malformed, "body.encoding", here(), "NUL", "leave NUL characters out");
    }
    text_.append(part.data(), part.size());
    return true;
  }

  bool put_number(json::string_view part) {
    text_.append(part.data(), part.size());
    return put(Json::Kind::number);
  }

  // What was read, as a value of this kind.
  bool put(Json::Kind kind) {
    Json& value = slot();
    value.kind = kind;
    value.text = text_;
    text_.clear();
    return true;
  }

  Json& slot() {
    if (open_.empty()) return document_;
    Json& parent = *open_.back();
    if (parent.is(Json::Kind::object)) return parent.members.back().value;
    return parent.items.emplace_back();
  }

  bool put(Json value) {
    slot() = std::move(value);
    return true;
  }

  bool open(Json container) {
    Json& place = slot();
    place = std::move(container);
    open_.push_back(&place);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  void find_duplicate_keys() {
    constexpr std::size_t few = 16;
    const std::vector<Member>& members = open_.back()->members;
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const std::string& key = members[i].key;
      const bool repeated =
          members.size() <= few
              ? std::any_of(members.begin(),
                            members.begin() + static_cast<std::ptrdiff_t>(i),
                            [&key](const Member& other) { return other.key == key; })
              : !seen.insert(key).second;
      if (!repeated) continue;
      reasons_.add("body.duplicate", here() + "/" + key, key, "give it once");
    }
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
  json::parse_options options;
  options.max_depth = json_depth;
  json::basic_parser<Builder> parser(options, root);
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
