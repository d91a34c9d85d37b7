// Heads as dockgate writes them. Of what the other side wrote only the values of known end-to-end
// fields go on; everything that concerns the connection is dockgate's own.
#pragma once

#include <string>
#include <string_view>

#include "proxy/http/framing.h"
#include "proxy/http/head.h"

namespace dockgate::proxy::http {

struct EngineRequest {
  std::string_view method;
  std::string_view target;   // canonical
  std::string_view upgrade;  // "": none
  Framing framing;
  // What the body is, in dockgate's words. The Engine reads the client's in ways of its own
  // (blanks and letters beyond ASCII fold away), and would read a form in place of the query.
  std::string_view content_type;
  // A body's own encoding goes on only where nobody here reads the body.
  enum class Encoding : std::uint8_t { keep, drop } encoding = Encoding::drop;
};

// Appends the head that the Engine is sent.
void write_request_head(const EngineRequest& request, const Fields& client, std::string& out);

enum class Connection : std::uint8_t { keep_alive, close };

struct ClientAnswer {
  unsigned status = 200;
  Framing framing;
  Connection connection = Connection::keep_alive;
  std::string_view request_id;
  unsigned retry_after = 0;  // seconds; 0: not said
  std::string_view content_type = "application/json";  // of an answer of dockgate's own
};

// Appends the head of the Engine's answer as the client gets it.
void write_response_head(const ClientAnswer& answer, const ResponseHead& engine, std::string& out);

// The same for an answer after which the connection is a tunnel: 101 to `upgrade`, or 200.
void write_tunnel_head(const ResponseHead& engine,
                       std::string_view upgrade,
                       std::string_view request_id,
                       std::string& out);

// Appends the head of an answer of dockgate's own, a document of `length` bytes.
void write_own_head(const ClientAnswer& answer, std::uint64_t length, std::string& out);

inline constexpr std::string_view continue_head = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace dockgate::proxy::http
