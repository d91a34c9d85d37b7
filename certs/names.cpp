#include "certs/names.h"

#include <arpa/inet.h>

#include <algorithm>

namespace dockgate::certs {
namespace {

constexpr std::size_t longest_name = 64;   // X.520: ub-common-name, ub-organizational-unit-name
constexpr std::size_t longest_host = 253;  // RFC 1035
constexpr std::size_t longest_label = 63;
constexpr std::size_t longest_other = 2048;  // SPIFFE's bound for an id

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_visible(char c) { return c > 0x20 && c < 0x7f; }

Failure wrong(const std::string& kind, std::string_view value, const std::string& mend) {
  std::string shown(value.substr(0, 80));
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return mistake("`" + shown + "` cannot be " + kind + "; " + mend);
}

std::size_t characters_in(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= longest_label && label.front() != '-' &&
         label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
           return is_letter_or_digit(c) || c == '-' || c == '_';
         });
}

// Also what OpenSSL would read more leniently is none: ` 10.0.0.5`, `010.0.0.5`.
bool is_address(const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return text.find('\0') == std::string::npos && (::inet_pton(AF_INET, text.c_str(), bytes) == 1 ||
                                                  ::inet_pton(AF_INET6, text.c_str(), bytes) == 1);
}

bool is_host(std::string_view host) {
  if (host.size() > longest_host || is_address(std::string(host))) return false;
  while (true) {
    const std::size_t dot = host.find('.');
    if (!is_label(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

void add(GENERAL_NAMES& names, int type, void* value) {
  GENERAL_NAME* const name = GENERAL_NAME_new();
  ensure(name != nullptr && value != nullptr, "making a name");
  GENERAL_NAME_set0_value(name, type, value);
  ensure(sk_GENERAL_NAME_push(&names, name) > 0, "keeping a name");
}

void add_text(GENERAL_NAMES& names, int type, const std::string& text) {
  ASN1_IA5STRING* const value = ASN1_IA5STRING_new();
  ensure(
      value != nullptr && ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) == 1,
      "making a name");
  add(names, type, value);
}

// How many bytes the character takes that begins here; 0: none that may be.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return first < 0x20 || first == 0x7f ? 0 : 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (byte(i) >> 6 != 2) return 0;
  }
  const unsigned second = byte(1);
  const bool control = first == 0xc2 && second < 0xa0;
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool beyond = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
  return control || overlong || beyond ? 0 : size;
}

}  // namespace

Result<void> check_name(std::string_view name) {
  const bool right = !name.empty() && name.size() <= longest_name &&
                     is_letter_or_digit(name.front()) &&
                     std::all_of(name.begin(), name.end(), [](char c) {
                       return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
                     });
  if (right) return {};
  return wrong("a name",
               name,
               "use up to 64 letters, digits, `.`, `_` and `-`, the first a letter or digit");
}

Result<void> check_authority_name(std::string_view name) {
  const bool right = !name.empty() && name.size() <= longest_name && name.front() != ' ' &&
                     name.back() != ' ' && std::all_of(name.begin(), name.end(), [](char c) {
                       return (is_visible(c) || c == ' ') && c != '/';
                     });
  if (right) return {};
  return wrong("the name of a CA", name, "use up to 64 printable characters without `/`");
}

Result<void> check_organization_unit(std::string_view unit) {
  if (!unit.empty() && is_plain_utf8(unit) && characters_in(unit) <= longest_name) return {};
  return wrong("an organization unit", unit, "use 1 to 64 characters, none a control character");
}

bool is_plain_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = utf8_length(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

Result<void> add_host(GENERAL_NAMES& names, const std::string& host) {
  const bool wildcard = host.rfind("*.", 0) == 0;
  if (!is_host(std::string_view(host).substr(wildcard ? 2 : 0))) {
    return wrong("a host's name", host, "give a DNS name, or an address with --ip");
  }
  add_text(names, GEN_DNS, host);
  return {};
}

Result<void> add_address(GENERAL_NAMES& names, const std::string& address) {
  if (!is_address(address)) {
    return wrong("an IP address", address, "write 10.0.0.5 or 2001:db8::5");
  }
  add(names, GEN_IPADD, a2i_IPADDRESS(address.c_str()));
  return {};
}

Result<void> add_uri(GENERAL_NAMES& names, const std::string& uri) {
  const std::size_t colon = uri.find(':');
  const bool right =
      colon != std::string::npos && colon > 0 && colon + 1 < uri.size() &&
      uri.size() <= longest_other && std::all_of(uri.begin(), uri.end(), is_visible) &&
      std::all_of(uri.begin(), uri.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
        return is_letter_or_digit(c) || c == '+' || c == '-' || c == '.';
      });
  if (!right) return wrong("a URI", uri, "write it like spiffe://example.com/ci/runner");
  add_text(names, GEN_URI, uri);
  return {};
}

Result<void> add_email(GENERAL_NAMES& names, const std::string& email) {
  const std::size_t at = email.find('@');
  const bool right = at != std::string::npos && at > 0 && email.size() <= longest_host &&
                     std::all_of(email.begin(), email.end(), is_visible) &&
                     is_host(std::string_view(email).substr(at + 1));
  if (!right) return wrong("an e-mail address", email, "write it like ci@example.com");
  add_text(names, GEN_EMAIL, email);
  return {};
}

}  // namespace dockgate::certs
