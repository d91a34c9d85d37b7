#include "proxy/refuse.h"

#include <algorithm>

#include "policy/json.h"

namespace dockgate::proxy {
namespace {

using policy::Reason;
using policy::Reasons;
using policy::Refusal;

constexpr std::size_t longest_value = 400;

// One line of at most `longest_value` bytes, whatever a client put into a value.
std::string shown(std::string_view value) {
  std::string line(value.substr(0, longest_value));
  if (line.size() < value.size()) {
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0) == 0x80) {
      line.pop_back();
    }
    if (!line.empty()) line.pop_back();
    line += "...";
  }
  std::replace_if(
      line.begin(),
      line.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; },
      ' ');
  return line;
}

std::string heading(Refusal kind, const policy::Operation* operation, std::string_view policy) {
  const std::string what = operation == nullptr ? "the request" : std::string(operation->id);
  switch (kind) {
    case Refusal::malformed:
      return what + " is not in a form that dockgate takes:";
    case Refusal::missing:
      return what + " names what is not there:";
    case Refusal::unresolved:
      return what + " cannot be judged:";
    case Refusal::forbidden:
      break;
  }
  if (policy.empty()) return what + " is refused:";
  return what + " is refused by policy `" + std::string(policy) + "`:";
}

std::string lines_of(const Reason& reason) {
  std::string lines = "\n  - " + shown(reason.value) + " (" + reason.rule;
  if (!reason.at.empty()) lines += " at " + shown(reason.at);
  lines += ")";
  if (!reason.mend.empty()) lines += "\n    " + shown(reason.mend);
  return lines;
}

// Where all that is wrong is that something does not exist, the Engine's own words say it as
// clients expect it.
bool is_the_engines_to_say(const Reasons& reasons) {
  return std::all_of(reasons.all().begin(), reasons.all().end(), [](const Reason& reason) {
    return reason.rule == "reference.missing";
  });
}

}  // namespace

Refused refused_for(const Reasons& reasons,
                    const policy::Operation* operation,
                    std::string_view policy,
                    After after) {
  Refused refused(static_cast<unsigned>(reasons.kind()), "", after);
  refused.reasons = reasons.all();
  if (!reasons.empty() && is_the_engines_to_say(reasons)) {
    refused.message = reasons.all().front().value;
    return refused;
  }
  refused.message = "dockgate: " + heading(reasons.kind(), operation, policy);
  for (const Reason& reason : reasons.all()) refused.message += lines_of(reason);
  return refused;
}

Refused refused_for(const http::Malformed& malformed) {
  Refused refused(malformed.status, "dockgate: " + malformed.what, After::close);
  refused.reasons.push_back({"http", "", shown(malformed.what), ""});
  return refused;
}

Refused refused_for_limit(std::string_view what,
                          std::string_view client,
                          std::chrono::nanoseconds wait,
                          After after) {
  Refused refused(
      429,
      "dockgate: too many " + std::string(what) + " of client `" + std::string(client) + "`",
      after);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  refused.retry_after = static_cast<unsigned>(std::max<std::int64_t>(seconds, 1));
  refused.reasons.push_back({"limits." + std::string(what), "", std::string(client), ""});
  return refused;
}

Refused refused_for_room(After after) {
  Refused refused(503, "dockgate: too much is held to be judged; try again", after);
  refused.retry_after = 1;
  refused.reasons.push_back({"limits.inspected", "", "", ""});
  return refused;
}

Refused nobody_left(std::string how) { return Refused(0, std::move(how), After::close); }

std::string refusal_body(std::string_view message, std::string_view request_id) {
  std::string text(message);
  const bool own_words = text.compare(0, 9, "dockgate:") == 0;
  if (own_words) text.append("\nrequest ").append(request_id);
  std::string body = "{\"message\":";
  policy::write_json_string(text, body);
  body += "}\n";
  return body;
}

}  // namespace dockgate::proxy
