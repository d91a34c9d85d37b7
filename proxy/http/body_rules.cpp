#include "proxy/http/body_rules.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <string>

#include "proxy/http/characters.h"

namespace dockgate::proxy::http {
namespace {

using boost::beast::iequals;
using policy::BodyKind;

std::string_view media_type(std::string_view value) {
  return trimmed(value.substr(0, value.find(';')));
}

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

bool is_form(std::string_view type) {
  constexpr std::string_view multipart = "multipart/";
  return iequals(type, "application/x-www-form-urlencoded") ||
         iequals(type.substr(0, multipart.size()), multipart);
}

// `application/json`, with a charset at most: other parameters no client sends.
bool is_json(std::string_view value) {
  if (!iequals(media_type(value), "application/json")) return false;
  const std::size_t semicolon = value.find(';');
  if (semicolon == std::string_view::npos) return true;
  const std::string_view parameter = trimmed(value.substr(semicolon + 1));
  constexpr std::string_view charset = "charset=";
  return parameter.empty() || (iequals(parameter.substr(0, charset.size()), charset) &&
                               parameter.find(';') == std::string_view::npos);
}

Malformed unsupported(std::string what) { return Malformed(415, std::move(what)); }

}  // namespace

Result<void, Malformed> check_body_fields(const RequestHead& head,
                                          const Framing& framing,
                                          BodyKind kind) {
  if (!framing.has_body()) return {};
  const std::string_view type = head.fields.value_of(Known::content_type);
  if (!std::all_of(type.begin(), type.end(), is_ascii)) {
    return unsupported("the `Content-Type` holds bytes beyond ASCII");
  }
  if (is_form(media_type(type))) {
    return unsupported("a form is no body that the Engine API has");
  }
  if (kind == BodyKind::stream || kind == BodyKind::tar) return {};
  const Field* const encoding = head.fields.find(Known::content_encoding);
  if (encoding != nullptr && !iequals(encoding->value, "identity")) {
    return unsupported("the body is read here and must not be encoded");
  }
  if (kind != BodyKind::none && !is_json(type)) {
    return unsupported("the body must be sent as `Content-Type: application/json`");
  }
  return {};
}

Result<Expectation, Malformed> expectation_of(const RequestHead& head, const Framing& framing) {
  const Field* const expect = head.fields.find(Known::expect);
  if (expect == nullptr) return Expectation::nothing;
  if (!iequals(expect->value, "100-continue")) {
    return Malformed(417, "nothing can be expected but `100-continue`");
  }
  const bool waits = framing.has_body() && head.version == Version::http_1_1;
  return waits ? Expectation::continue_first : Expectation::nothing;
}

}  // namespace dockgate::proxy::http
