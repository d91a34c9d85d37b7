#include "proxy/http/write_head.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/status.hpp>

namespace dockgate::proxy::http {
namespace {

// What clients tell the Engine from end to end.
constexpr Known kept[] = {Known::accept, Known::accept_encoding, Known::user_agent, Known::cookie};
constexpr std::string_view kept_by_name[] = {
    "X-Registry-Auth", "X-Registry-Config", "X-Content-Type-Options"};
constexpr std::string_view request_id_field = "Dockgate-Request-Id";
constexpr std::string_view kept_prefix = "X-Meta-";

// The same where the connection becomes something else.
constexpr Known kept_by_websocket[] = {
    Known::sec_websocket_key, Known::sec_websocket_version, Known::sec_websocket_protocol};
constexpr std::string_view kept_by_h2c = "X-Docker-Expose-Session-";

// What concerns one connection, or says where a body ends.
constexpr Known hop_by_hop[] = {Known::connection,
                                Known::keep_alive,
                                Known::proxy_authenticate,
                                Known::proxy_authorization,
                                Known::proxy_connection,
                                Known::te,
                                Known::trailer,
                                Known::transfer_encoding,
                                Known::content_length,
                                Known::upgrade};

template <class List, class Item>
bool contains(const List& list, const Item& item) {
  return std::find(std::begin(list), std::end(list), item) != std::end(list);
}

bool has_prefix(std::string_view name, std::string_view prefix) {
  return boost::beast::iequals(name.substr(0, prefix.size()), prefix);
}

bool is_kept(const Field& field) {
  if (contains(kept, field.known)) return true;
  if (has_prefix(field.name, kept_prefix)) return true;
  return std::any_of(
      std::begin(kept_by_name), std::end(kept_by_name), [&field](std::string_view name) {
        return boost::beast::iequals(field.name, name);
      });
}

bool is_kept_by_upgrade(const Field& field, std::string_view upgrade) {
  if (upgrade == "websocket") return contains(kept_by_websocket, field.known);
  if (upgrade == "h2c") return has_prefix(field.name, kept_by_h2c);
  return false;
}

bool is_kept_of_body(const Field& field, const EngineRequest& request) {
  return request.framing.has_body() && field.known == Known::content_encoding &&
         request.encoding == EngineRequest::Encoding::keep;
}

constexpr std::size_t usual_head = 512;  // more than most take

void write_field(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void write_framing(const Framing& framing, std::string& out) {
  if (framing.kind == Framing::Kind::sized) {
    write_field("Content-Length", std::to_string(framing.length), out);
  } else if (framing.kind == Framing::Kind::chunked) {
    write_field("Transfer-Encoding", "chunked", out);
  }
}

void write_status_line(unsigned status, std::string& out) {
  const auto reason =
      boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ");
  out.append(reason.data(), reason.size()).append("\r\n");
}

// What dockgate says itself, the Engine cannot say.
bool is_own(const Field& field) { return boost::beast::iequals(field.name, request_id_field); }

void write_end_to_end(const ResponseHead& engine, std::string& out) {
  for (const Field& field : engine.fields.all()) {
    if (contains(hop_by_hop, field.known) || is_own(field)) continue;
    if (engine.fields.lists(Known::connection, field.name)) continue;
    write_field(field.name, field.value, out);
  }
}

}  // namespace

void write_request_head(const EngineRequest& request, const Fields& client, std::string& out) {
  out.reserve(out.size() + usual_head);
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  write_field("Host", "docker", out);
  for (const Field& field : client.all()) {
    const bool goes_on = is_kept(field) || is_kept_of_body(field, request) ||
                         is_kept_by_upgrade(field, request.upgrade);
    if (goes_on) write_field(field.name, field.value, out);
  }
  if (request.framing.has_body()) write_field("Content-Type", request.content_type, out);
  write_framing(request.framing, out);
  if (!request.upgrade.empty()) {
    write_field("Connection", "Upgrade", out);
    write_field("Upgrade", request.upgrade, out);
  }
  out += "\r\n";
}

void write_response_head(const ClientAnswer& answer, const ResponseHead& engine, std::string& out) {
  out.reserve(out.size() + usual_head);
  write_status_line(answer.status, out);
  write_end_to_end(engine, out);
  write_field(request_id_field, answer.request_id, out);
  write_framing(answer.framing, out);
  if (answer.connection == Connection::close) write_field("Connection", "close", out);
  out += "\r\n";
}

void write_tunnel_head(const ResponseHead& engine,
                       std::string_view upgrade,
                       std::string_view request_id,
                       std::string& out) {
  if (engine.status == 101) {
    out.append("HTTP/1.1 101 Switching Protocols\r\n");
  } else {
    write_status_line(engine.status, out);
  }
  write_end_to_end(engine, out);
  write_field(request_id_field, request_id, out);
  if (engine.status == 101) {
    write_field("Connection", "Upgrade", out);
    write_field("Upgrade", upgrade, out);
  }
  out += "\r\n";
}

void write_own_head(const ClientAnswer& answer, std::uint64_t length, std::string& out) {
  write_status_line(answer.status, out);
  write_field("Content-Type", answer.content_type, out);
  if (!answer.request_id.empty()) write_field(request_id_field, answer.request_id, out);
  const Framing framing{Framing::Kind::sized, length};
  write_framing(framing, out);
  if (answer.retry_after != 0) {
    write_field("Retry-After", std::to_string(answer.retry_after), out);
  }
  if (answer.connection == Connection::close) write_field("Connection", "close", out);
  out += "\r\n";
}

}  // namespace dockgate::proxy::http
