#include "proxy/audit/filter.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "policy/patterns.h"

namespace dockgate::proxy::audit {
namespace {

using policy::Json;
using policy::string_or;

bool fits(const std::string& pattern, std::string_view value) {
  return pattern.empty() || policy::glob_matches(pattern, value);
}

// An id is also meant by its beginning.
bool is_id_or_fits(const std::string& object, std::string_view id) {
  return fits(object, id) || (object.size() >= 4 && id.substr(0, object.size()) == object);
}

bool is_about(const std::string& object, const Json& record) {
  if (object.empty()) return true;
  if (fits(object, string_or(record.find("object"), ""))) return true;
  if (is_id_or_fits(object, string_or(record.find("created"), ""))) return true;
  if (const Json* const asked = record.find("asked")) {
    if (fits(object, string_or(asked->find("name"), ""))) return true;
    if (fits(object, string_or(asked->find("image"), ""))) return true;
  }
  const Json* const objects = record.find("objects");
  if (objects == nullptr) return false;
  return std::any_of(objects->items.begin(), objects->items.end(), [&object](const Json& one) {
    return fits(object, string_or(one.find("name"), "")) ||
           is_id_or_fits(object, string_or(one.find("id"), ""));
  });
}

std::string time_ago(std::int64_t seconds) {
  const std::time_t then = std::time(nullptr) - seconds;
  std::tm parts{};
  ::gmtime_r(&then, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts)};
}

// Up to the second: whatever is shorter than `2026-11-24T15:30:00` names the beginning of a span.
bool is_time(std::string_view text) {
  constexpr std::string_view shape = "0000-00-00T00:00:00.000000Z";
  if (text.size() < 4 || text.size() > shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    const bool ends = text[i] == 'Z' && i + 1 == text.size() && i >= 16;
    if (shape[i] == '0' ? !digit && !ends : text[i] != shape[i] && !ends) return false;
  }
  return true;
}

}  // namespace

bool Filter::lets_pass(const Json& record) const {
  const std::string_view time = string_or(record.find("time"), "");
  if (time < since || (!until.empty() && time >= until)) return false;
  const Json* const who = record.find("client");
  return fits(client, string_or(who == nullptr ? nullptr : who->find("name"), "")) &&
         fits(verdict, string_or(record.find("verdict"), "")) &&
         fits(operation, string_or(record.find("operation"), "")) && is_about(object, record);
}

std::optional<std::string> time_of(std::string_view text) {
  if (is_time(text))
    return std::string(text.back() == 'Z' ? text.substr(0, text.size() - 1) : text);
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || end - stop != 1 || number < 0 || number > 100'000) {
    return std::nullopt;
  }
  switch (*stop) {
    case 's':
      return time_ago(number);
    case 'm':
      return time_ago(number * 60);
    case 'h':
      return time_ago(number * 3600);
    case 'd':
      return time_ago(number * 86'400);
    default:
      return std::nullopt;
  }
}

}  // namespace dockgate::proxy::audit
