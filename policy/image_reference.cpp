#include "policy/image_reference.h"

#include <algorithm>

#include "policy/patterns.h"

namespace dockgate::policy {
namespace {

constexpr std::string_view hub = "docker.io";
constexpr std::string_view old_hub = "index.docker.io";
constexpr std::size_t longest_name = 255;

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_alphanumeric(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

template <class Test>
bool all_of(std::string_view text, Test test) {
  return std::all_of(text.begin(), text.end(), test);
}

bool has_upper_case(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Letters and digits, between which `.`, `_`, `__` or any number of `-` may stand.
bool is_path_component(std::string_view text) {
  if (text.empty() || !is_lower_or_digit(text.front()) || !is_lower_or_digit(text.back())) {
    return false;
  }
  std::size_t separator = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_lower_or_digit(text[i])) {
      separator = 0;
      continue;
    }
    if (text[i] != '.' && text[i] != '_' && text[i] != '-') return false;
    if (separator > 0 && text[i] != text[i - 1]) return false;
    ++separator;
    if ((text[i] == '.' && separator > 1) || (text[i] == '_' && separator > 2)) return false;
  }
  return true;
}

// Names and IPv4 addresses, or a bracketed IPv6 address; with a port.
bool is_domain(std::string_view text) {
  std::string_view host = text;
  const bool bracketed = !host.empty() && host.front() == '[';
  const std::size_t colon =
      bracketed ? host.find(':', std::min(host.find(']'), host.size())) : host.find(':');
  if (colon != std::string_view::npos) {
    const std::string_view port = host.substr(colon + 1);
    if (port.empty() || !all_of(port, [](char c) { return c >= '0' && c <= '9'; })) return false;
    host = host.substr(0, colon);
  }
  if (bracketed) {
    return host.size() > 2 && host.back() == ']' &&
           all_of(host.substr(1, host.size() - 2),
                  [](char c) { return is_hex(c) || c == ':' || (c >= 'A' && c <= 'F'); });
  }
  while (true) {
    const std::string_view label = host.substr(0, host.find('.'));
    const bool valid = !label.empty() && is_alphanumeric(label.front()) &&
                       is_alphanumeric(label.back()) &&
                       all_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; });
    if (!valid) return false;
    if (label.size() == host.size()) return true;
    host.remove_prefix(label.size() + 1);
  }
}

// What stands before the first slash is a domain where it could be nothing else.
bool names_a_domain(std::string_view first) {
  return first.find_first_of(".:") != std::string_view::npos || first == "localhost" ||
         has_upper_case(first);
}

bool is_path(std::string_view path) {
  while (true) {
    const std::string_view component = path.substr(0, path.find('/'));
    if (!is_path_component(component)) return false;
    if (component.size() == path.size()) return true;
    path.remove_prefix(component.size() + 1);
  }
}

// Takes what stands after the last `mark`, if anything does.
std::string_view take_after(std::string_view& text, std::size_t mark) {
  if (mark == std::string_view::npos) return {};
  const std::string_view rest = text.substr(mark + 1);
  text = text.substr(0, mark);
  return rest;
}

// The colon before a tag; one before a slash is a port's.
std::size_t tag_mark(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return colon;
  return text.find('/', colon) == std::string_view::npos ? colon : std::string_view::npos;
}

// `*` stays within a component of the path, `**` does not.
bool path_matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() != '*') {
    return !text.empty() && text.front() == pattern.front() &&
           path_matches(pattern.substr(1), text.substr(1));
  }
  const bool deep = pattern.substr(0, 2) == "**";
  const std::string_view rest = pattern.substr(deep ? 2 : 1);
  for (std::size_t taken = 0; taken <= text.size(); ++taken) {
    if (path_matches(rest, text.substr(taken))) return true;
    if (taken < text.size() && !deep && text[taken] == '/') return false;
  }
  return false;
}

std::string_view without_algorithm(std::string_view id) {
  constexpr std::string_view algorithm = "sha256:";
  return id.substr(id.substr(0, algorithm.size()) == algorithm ? algorithm.size() : 0);
}

}  // namespace

std::optional<std::string> registry_host(std::string_view address) {
  if (address.empty()) return std::string(hub);
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (address.substr(0, scheme.size()) != scheme) continue;
    address.remove_prefix(scheme.size());
    break;
  }
  const std::string_view host = address.substr(0, address.find('/'));
  const auto plain = [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("?#@\\").find(c) == std::string_view::npos;
  };
  const bool valid =
      all_of(address, plain) && address.find("://") == std::string_view::npos && is_domain(host);
  if (!valid) return std::nullopt;
  return std::string(host == old_hub ? hub : host);
}

std::string ImageReference::text() const {
  return name() + (tag.empty() ? "" : ":" + tag) + (digest.empty() ? "" : "@" + digest);
}

bool is_tag(std::string_view text) {
  const auto word = [](char c) { return is_alphanumeric(c) || c == '_'; };
  return !text.empty() && text.size() <= 128 && word(text.front()) &&
         all_of(text, [&word](char c) { return word(c) || c == '.' || c == '-'; });
}

bool is_digest(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view algorithm = text.substr(0, colon);
  const std::string_view value = text.substr(colon + 1);
  return !algorithm.empty() && all_of(algorithm, is_lower_or_digit) && value.size() >= 32 &&
         all_of(value, is_hex);
}

bool reads_as_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && all_of(text, is_hex);
}

bool reads_as_image_id(std::string_view text) { return reads_as_id(without_algorithm(text)); }

std::string id_in_its_way(const ImageReference& reference) {
  constexpr std::string_view library = "docker.io/library/";
  const std::string name = reference.name();
  if (name.compare(0, library.size(), library) != 0) return "";
  const std::string word = name.substr(library.size());
  const bool is_latest = reference.tag == "latest" || reference.tag.empty();
  if (reads_as_id(word)) return is_latest && reference.digest.empty() ? word : "";
  const std::string id = word + ":" + reference.tag;
  return reads_as_image_id(id) ? id : "";
}

bool is_image_id(std::string_view text) {
  const std::string_view id = without_algorithm(text);
  return id.size() == 64 && all_of(id, is_hex);
}

std::optional<ImageReference> parse_reference(std::string_view text) {
  if (is_image_id(text)) return std::nullopt;
  ImageReference out;
  const std::size_t at = text.find('@');
  const std::string_view digest = take_after(text, at);
  if (at != std::string_view::npos && !is_digest(digest)) return std::nullopt;
  const std::size_t colon = tag_mark(text);
  const std::string_view tag = take_after(text, colon);
  if (colon != std::string_view::npos && !is_tag(tag)) return std::nullopt;
  const std::size_t slash = text.find('/');
  const std::string_view first = text.substr(0, slash);
  const bool has_domain = slash != std::string_view::npos && names_a_domain(first);
  out.domain = has_domain ? first : hub;
  out.path = has_domain ? text.substr(slash + 1) : text;
  if (out.domain == old_hub) out.domain = hub;
  if (!is_domain(out.domain) || !is_path(out.path)) return std::nullopt;
  if (out.domain == hub && out.path.find('/') == std::string::npos)
    out.path = "library/" + out.path;
  if (out.name().size() > longest_name) return std::nullopt;
  out.tag = tag;
  out.digest = digest;
  return out;
}

bool reference_matches(std::string_view pattern, const ImageReference& reference) {
  const std::string_view digest = take_after(pattern, pattern.find('@'));
  const std::string_view tag = take_after(pattern, tag_mark(pattern));
  if (!digest.empty() && digest != reference.digest) return false;
  const bool by_digest = digest.empty() && !reference.digest.empty();
  if (!tag.empty() && (by_digest || !glob_matches(tag, reference.tag))) return false;
  return path_matches(pattern, reference.name());
}

std::string problem_of_reference_pattern(std::string_view pattern) {
  const std::string whole(pattern);
  if (pattern.empty()) return "an empty pattern stands for no image";
  const std::string_view digest = take_after(pattern, pattern.find('@'));
  if (!digest.empty() && !is_digest(digest)) return "`" + whole + "` has no digest after its `@`";
  const std::string_view tag = take_after(pattern, tag_mark(pattern));
  (void)tag;
  if (pattern == "**") return "";
  const std::string_view first = pattern.substr(0, pattern.find('/'));
  const bool has_domain = first.size() < pattern.size() &&
                          (names_a_domain(first) || first.find('*') != std::string_view::npos);
  if (has_domain) return "";
  return "`" + whole + "` does not name its registry";
}

}  // namespace dockgate::policy
