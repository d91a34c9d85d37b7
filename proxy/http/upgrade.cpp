#include "proxy/http/upgrade.h"

#include <boost/beast/core/string.hpp>
#include <string>

namespace dockgate::proxy::http {
namespace {

using policy::Flow;

constexpr std::string_view raw_stream = "application/vnd.docker.raw-stream";
constexpr std::string_view multiplexed_stream = "application/vnd.docker.multiplexed-stream";

std::string_view protocol_of(Flow flow) {
  switch (flow) {
    case Flow::hijacks:
      return "tcp";
    case Flow::websocket:
      return "websocket";
    case Flow::h2c:
      return "h2c";
    case Flow::plain:
    case Flow::streams:
      return "";
  }
  return "";
}

}  // namespace

Result<std::string_view, Malformed> upgrade_of(const RequestHead& head, Flow flow) {
  const Field* const asked = head.fields.find(Known::upgrade);
  const std::string_view protocol = protocol_of(flow);
  if (asked == nullptr || protocol.empty()) return std::string_view();
  if (head.version == Version::http_1_0) return std::string_view();
  if (!boost::beast::iequals(asked->value, protocol)) {
    return Malformed(400, "this operation upgrades to `" + std::string(protocol) + "` only");
  }
  if (!head.fields.lists(Known::connection, "upgrade")) {
    return Malformed(400, "`Upgrade` without `Connection: Upgrade`");
  }
  return protocol;
}

bool becomes_tunnel(const ResponseHead& answer, std::string_view asked, Flow flow) {
  if (answer.status == 101) {
    return !asked.empty() && boost::beast::iequals(answer.fields.value_of(Known::upgrade), asked);
  }
  if (answer.status != 200 || flow != Flow::hijacks) return false;
  const std::string_view type = answer.fields.value_of(Known::content_type);
  const bool framed =
      answer.fields.has(Known::content_length) || answer.fields.has(Known::transfer_encoding);
  return !framed && (type == raw_stream || type == multiplexed_stream);
}

}  // namespace dockgate::proxy::http
