#include <algorithm>
#include <array>
#include <boost/container/small_vector.hpp>
#include <charconv>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "policy/read_body.h"
#include "policy/request.h"
#include "policy/strict_json.h"

namespace dockgate::policy {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Decodes `%41` once; nothing where a `%` has no two digits after it.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  if (text.find('%') == std::string_view::npos) return out = text;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// What names of containers, images and the rest are made of. Everything else in a path is there
// for one of two parsers to stumble over.
constexpr std::array<bool, 256> path_bytes = [] {
  std::array<bool, 256> all{};
  for (char c = 'a'; c <= 'z'; ++c) all[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) all[static_cast<unsigned char>(c)] = true;
  for (char c = '0'; c <= '9'; ++c) all[static_cast<unsigned char>(c)] = true;
  for (const char c : std::string_view("._~:@!$&'()*+,=-"))
    all[static_cast<unsigned char>(c)] = true;
  return all;
}();

bool has_only_path_bytes(std::string_view segment) {
  return std::all_of(segment.begin(), segment.end(), [](char c) {
    return path_bytes[static_cast<unsigned char>(c)];
  });
}

// Of a decoded path, which they point into.
using Segments = boost::container::small_vector<std::string_view, 8>;

Segments split_path(std::string_view path) {
  Segments segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    segments.push_back(path.substr(0, path.find('/')));
    path.remove_prefix(segments.back().size());
  }
  return segments;
}

void refuse_path(std::string_view what, std::string_view mend, Reasons& reasons) {
  reasons.add(Refusal::malformed, "target.path", "", std::string(what), std::string(mend));
}

// The path as the Engine's router matches on it: decoded, `%2F` included. `decoded` is where it is
// put that differs from `raw`.
std::optional<std::string_view> read_path(std::string_view raw,
                                          std::string& decoded,
                                          Reasons& reasons) {
  if (raw.empty() || raw.front() != '/') {
    refuse_path("a target without a path", "begin it with `/`", reasons);
    return std::nullopt;
  }
  if (raw.find('%') == std::string_view::npos) return raw;
  auto path = percent_decoded(raw);
  if (!path) {
    refuse_path("a `%` without two hexadecimal digits", "write it as %25", reasons);
    return std::nullopt;
  }
  decoded = std::move(*path);
  return decoded;
}

// What the Engine would redirect, because it is not clean, is refused.
Segments read_segments(std::string_view path, Reasons& reasons) {
  // The Engine serves the one with a slash, too.
  Segments segments = split_path(path == "/networks/" ? "/networks" : path);
  for (const std::string_view segment : segments) {
    if (segment.empty() || segment == "." || segment == "..") {
      refuse_path("an empty or dotted segment", "give a clean path", reasons);
    } else if (!has_only_path_bytes(segment)) {
      refuse_path("a byte that no name has", "give names as the Engine prints them", reasons);
    }
  }
  return segments;
}

// `v1.41`; nothing where the segment is no version at all.
bool looks_like_version(std::string_view segment) {
  return segment.size() > 1 && segment.front() == 'v' && segment[1] >= '0' && segment[1] <= '9';
}

std::optional<ApiVersion> version_in(std::string_view segment) {
  constexpr std::string_view prefix = "v1.";
  if (segment.substr(0, prefix.size()) != prefix) return std::nullopt;
  segment.remove_prefix(prefix.size());
  if (segment.empty() || segment.size() > 3 || segment.front() == '0') return std::nullopt;
  std::uint16_t minor = 0;
  const auto [stop, error] =
      std::from_chars(segment.data(), segment.data() + segment.size(), minor);
  if (error != std::errc() || stop != segment.data() + segment.size()) return std::nullopt;
  return ApiVersion{1, minor};
}

std::string text_of(ApiVersion version) {
  return std::to_string(version.major) + "." + std::to_string(version.minor);
}

// Takes the version off the path. Older versions carry settings where newer ones have none, and
// what a newer one means nobody here has judged.
std::optional<ApiVersion> take_version(std::span<const std::string_view>& segments,
                                       Reasons& reasons) {
  if (segments.empty() || !looks_like_version(segments.front())) return std::nullopt;
  const auto version = version_in(segments.front());
  if (!version || *version < oldest_api || *version > newest_api) {
    const std::string range = text_of(oldest_api) + " to " + text_of(newest_api);
    const std::string given(segments.front());
    const bool is_text = has_only_path_bytes(given);
    reasons.add(Refusal::malformed,
                "target.version",
                "",
                is_text ? "API version " + given.substr(1) : "an API version that is no text",
                "dockgate speaks API " + range + ", written as /v1.41");
  }
  segments = segments.subspan(1);
  return version;
}

struct Pair {
  std::string name;
  std::string value;
  bool is_text = true;  // UTF-8 without control bytes
};

std::optional<std::string> form_decoded(std::string_view text) {
  std::string blanks(text);
  std::replace(blanks.begin(), blanks.end(), '+', ' ');
  return percent_decoded(blanks);
}

bool has_control_byte(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

// Written as JSON and read again, a text that is no UTF-8 does not survive.
bool is_utf8(std::string_view text) {
  std::string literal;
  write_json_string(text, literal);
  return parse_json(literal, "").has_value();
}

void refuse_query(std::string rule, std::string name, std::string what, Reasons& reasons) {
  std::string at = has_control_byte(name) || !is_utf8(name) ? "?" : "?" + name;
  reasons.add(Refusal::malformed,
              std::move(rule),
              std::move(at),
              std::move(what),
              "give each known parameter once, percent-encoded");
}

void refuse_unreadable(std::string name, Reasons& reasons) {
  refuse_query("query.syntax", std::move(name), "a parameter that cannot be read", reasons);
}

std::vector<Pair> split_query(std::string_view query, Reasons& reasons) {
  std::vector<Pair> pairs;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(part.size() + 1, query.size()));
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    const auto name = form_decoded(part.substr(0, equals));
    const auto value = form_decoded(part.substr(std::min(equals + 1, part.size())));
    const bool readable = name && value && part.find(';') == std::string_view::npos &&
                          !has_control_byte(*name) && is_utf8(*name);
    if (!readable) {
      refuse_unreadable(name.value_or(""), reasons);
      continue;
    }
    pairs.push_back({*name, *value, !has_control_byte(*value) && is_utf8(*value)});
  }
  return pairs;
}

std::string lower_and_trimmed(std::string_view text) {
  std::string out;
  for (const char c : text) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  const std::size_t first = std::min(out.find_first_not_of(' '), out.size());
  out.erase(0, first);
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

// What the Engine takes for false; everything else is true.
bool is_false(std::string_view text) {
  const std::string word = lower_and_trimmed(text);
  return word.empty() || word == "0" || word == "no" || word == "false" || word == "none";
}

bool is_integer(std::string_view text) {
  constexpr std::size_t most_digits = 19;
  if (text.front() == '-' || text.front() == '+') text.remove_prefix(1);
  return !text.empty() && text.size() <= most_digits &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The one spelling of a parameter's value; nothing where it asks for nothing, or cannot be read.
std::optional<std::string> canonical_value(const Parameter& parameter,
                                           const std::string& value,
                                           Reasons& reasons) {
  switch (parameter.type) {
    case ParameterType::string:
    case ParameterType::strings:
    case ParameterType::image_name:
    case ParameterType::image_names:
      return value;
    case ParameterType::boolean:
      return is_false(value) ? "0" : "1";
    case ParameterType::integer:
      if (value.empty()) return std::nullopt;
      if (is_integer(value)) return value;
      refuse_query("query.type", std::string(parameter.name), "not an integer", reasons);
      return std::nullopt;
    case ParameterType::json: {
      if (value.empty()) return std::nullopt;
      const auto document = parse_json(value, "?" + std::string(parameter.name));
      if (document) return to_text(*document);
      const Reasons why = document.error();
      const Reason& first = why.all().front();
      reasons.add(why.kind(), first.rule, first.at, first.value, first.mend);
      return std::nullopt;
    }
    case ParameterType::unread:
      return std::nullopt;
  }
  return std::nullopt;
}

bool is_list(ParameterType type) {
  return type == ParameterType::strings || type == ParameterType::image_names;
}

void read_parameter(const Parameter& parameter,
                    const std::vector<Pair>& pairs,
                    Target& target,
                    Reasons& reasons) {
  std::size_t given = 0;
  for (const Pair& pair : pairs) {
    if (pair.name != parameter.name) continue;
    if (!pair.is_text) {
      refuse_unreadable(pair.name, reasons);
      continue;
    }
    ++given;
    if (given == 2 && !is_list(parameter.type)) {
      refuse_query("query.duplicate", pair.name, "given twice", reasons);
    }
    auto value = canonical_value(parameter, pair.value, reasons);
    if (value) target.query.emplace_back(pair.name, std::move(*value));
  }
}

// Known parameters in the table's order. One that is unknown and says nothing is dropped: clients
// of newer APIs send them. So is one that is a field of the body: dockerode writes its options
// into both, and the Engine reads each where it belongs.
void read_query(std::string_view query, Target& target, Reasons& reasons) {
  const std::vector<Pair> pairs = split_query(query, reasons);
  const std::span<const Parameter> known = target.operation->query;
  const Schema* const body = target.operation->body.schema;
  for (const Parameter& parameter : known) read_parameter(parameter, pairs, target, reasons);
  for (const Pair& pair : pairs) {
    const bool is_known = std::any_of(known.begin(), known.end(), [&pair](const Parameter& row) {
      return row.name == pair.name;
    });
    if (is_known || pair.value.empty()) continue;
    if (body != nullptr && has_field(*body, pair.name)) {
      target.repeated.insert(pair.name);
    } else {
      refuse_query("query.unknown", pair.name, "not a parameter of this operation", reasons);
    }
  }
}

void add_unknown_operation(std::string_view method, Reasons& reasons) {
  reasons.add(Refusal::missing,
              "operation.unknown",
              "",
              std::string(method) + " of this path",
              "it is no operation of the Docker Engine API " + text_of(oldest_api) + " to " +
                  text_of(newest_api));
}

}  // namespace

std::string_view value_of(const Target& target, std::string_view parameter) {
  const auto found = std::find_if(target.query.begin(), target.query.end(), [&](const auto& pair) {
    return pair.first == parameter;
  });
  return found == target.query.end() ? std::string_view() : std::string_view(found->second);
}

Result<Target, Reasons> read_target(std::string_view method, std::string_view target) {
  Reasons reasons;
  const std::size_t question = std::min(target.find('?'), target.size());
  std::string decoded;
  const auto path = read_path(target.substr(0, question), decoded, reasons);
  if (!path) return reasons;
  const Segments all = read_segments(*path, reasons);
  std::span<const std::string_view> segments(all.data(), all.size());
  Target out;
  out.version = take_version(segments, reasons);
  if (!reasons.empty()) return reasons;
  const auto known_method = method_named(method);
  Route route = known_method ? find_operation(*known_method, segments) : Route();
  if (route.operation == nullptr) {
    add_unknown_operation(method, reasons);
    return reasons;
  }
  out.operation = route.operation;
  out.arguments = std::move(route.arguments);
  read_query(target.substr(std::min(question + 1, target.size())), out, reasons);
  if (!reasons.empty()) return reasons;
  return out;
}

}  // namespace dockgate::policy
