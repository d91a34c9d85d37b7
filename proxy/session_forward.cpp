// The second half of a request's way: to the Engine, and its answer back to the client.
#include <utility>

#include "proxy/exchange.h"
#include "proxy/http/upgrade.h"
#include "proxy/http/write_head.h"
#include "proxy/relay.h"
#include "proxy/session.h"

namespace dockgate::proxy {
namespace {

using policy::BodyKind;
using policy::Flow;

constexpr unsigned created = 201;

bool streams_body(const policy::Operation& operation) {
  return operation.body.kind == BodyKind::stream || operation.body.kind == BodyKind::tar;
}

}  // namespace

// Sends what was judged, in dockgate's own words, and brings the answer back.
Task<After> Session::forward(Exchange& exchange, policy::Permit) {
  {
    const std::string request = request_of(exchange);
    exchange.sent = Clock::now();
    const auto sent = co_await engine_.send(settings(), request, settings().limits.engine_answer);
    if (!sent) {
      loop_.tally.engine_unreachable.add();
      Refused unreachable(
          sent.error().status, "dockgate: " + sent.error().what, exchange.after_refusal());
      co_return co_await refuse(exchange, std::move(unreachable));
    }
  }
  // A stream may take hours to begin.
  if (exchange.operation().flow == Flow::streams) {
    engine_.stream().set_deadline(ByteStream::never);
  }
  if (!exchange.reads_context) exchange.inspected.reset();
  const bool goes_on = exchange.head.version == http::Version::http_1_1 &&
                       !exchange.head.fields.lists(http::Known::connection, "close");
  exchange.after = goes_on ? After::next_request : After::close;
  if (exchange.operation().flow == Flow::streams) {
    const Gauge::Held streaming(loop_.tally.streams);
    client_->when_found_gone({});
    // Nobody is left to read the answer: the Engine need not go on with it.
    const PeerWatch watch(*client_, [this] {
      engine_.close();
      asking_.close();
    });
    if (streams_body(exchange.operation()) && exchange.framing.has_body()) {
      co_await both(send_body(exchange), answer(exchange));
    } else {
      co_await answer(exchange);
    }
  } else {
    co_await answer(exchange);
  }
  if (exchange.broken && !exchange.revoked) {
    co_return co_await refuse(exchange, *std::move(exchange.broken));
  }
  finish(exchange);
  if (exchange.after == After::close) co_await linger();
  co_return exchange.after;
}

// The head, and the body where it was read; one that streams follows.
std::string Session::request_of(const Exchange& exchange) {
  const policy::Operation& operation = exchange.operation();
  const std::string target = policy::canonical_target(exchange.request, exchange.answers);
  std::string message;
  const std::string body = policy::canonical_body(exchange.request, exchange.answers);
  http::EngineRequest line{.method = exchange.head.method,
                           .target = target,
                           .upgrade = exchange.upgrade,
                           .framing = exchange.framing,
                           .content_type = "application/x-tar",
                           .encoding = http::EngineRequest::Encoding::keep};
  if (exchange.reads_context) {
    line.framing = http::Framing{http::Framing::Kind::chunked, 0};
    line.encoding = http::EngineRequest::Encoding::drop;
  } else if (!streams_body(operation)) {
    line.content_type = "application/json";
    line.framing = http::Framing{http::Framing::Kind::sized, body.size()};
    line.encoding = http::EngineRequest::Encoding::drop;
    if (body.empty()) line.framing.kind = http::Framing::Kind::none;
  }
  if (operation.method == policy::Method::post && line.framing.kind == http::Framing::Kind::none) {
    line.framing = http::Framing{http::Framing::Kind::sized, 0};
  }
  http::write_request_head(line, exchange.head.fields, message);
  message += body;
  return message;
}

Task<void> Session::send_body(Exchange& exchange) {
  if (exchange.reads_context) {
    co_await send_context(exchange);
  } else {
    co_await send_stream(exchange);
  }
}

// The body that is not read here goes on as it comes, framed anew.
Task<void> Session::send_stream(Exchange& exchange) {
  if (exchange.expectation == http::Expectation::continue_first) {
    const auto told = co_await client_->write_all(http::continue_head);
    if (!told) engine_.close();
  }
  http::BodyDecoder decoder(exchange.framing);
  const bool chunked = exchange.framing.kind == http::Framing::Kind::chunked;
  BodyRelay relay{.from = *client_,
                  .input = input_,
                  .decoder = decoder,
                  .to = engine_.stream(),
                  .as = chunked ? BodyRelay::As::chunked : BodyRelay::As::plain,
                  .count = exchange.record.bytes_in};
  const BodyEnd end = co_await relay_body(relay);
  exchange.body_read = end == BodyEnd::complete;
  if (end == BodyEnd::source_malformed && exchange.record.status == 0) {
    exchange.broken = Refused(400, "dockgate: the body's chunks are malformed", After::close);
  }
  if (end == BodyEnd::source_ended || end == BodyEnd::source_malformed) engine_.close();
}

// The Engine's answer to the client. It may come before the Engine has read all of the request.
Task<void> Session::answer(Exchange& exchange) {
  const auto head = co_await engine_.read_head();
  // What the Engine did to volumes is done when it answers, however slowly its answer is read.
  exchange.volumes.release();
  loop_.tally.engine_answers.observe(microseconds(Clock::now() - exchange.sent));
  if (!head) {
    if (!exchange.broken) {
      loop_.tally.engine_broken.add();
      exchange.broken =
          Refused(head.error().status, "dockgate: " + head.error().what, After::close);
    }
  } else if (http::becomes_tunnel(*head, exchange.upgrade, exchange.operation().flow)) {
    engine_.stream().set_deadline(ByteStream::never);
    client_->when_found_gone({});  // a tunnel has a watch of its own, as streams have
    co_await become_tunnel(exchange, *head);
  } else if (head->status == 101) {
    exchange.broken = Refused(502, "dockgate: the Engine upgraded unasked", After::close);
  } else {
    if (exchange.operation().flow != Flow::streams) {
      client_->set_deadline(Clock::now() + settings().limits.answer_time);
    }
    co_await relay_answer(exchange, *head);
    engine_.stream().set_deadline(ByteStream::never);
  }
  if (exchange.body_read && exchange.after == After::next_request) co_return;
  // What is still being sent has nobody to read it.
  exchange.after = After::close;
  engine_.close();
  client_->cancel();
}

Task<void> Session::relay_answer(Exchange& exchange, const http::ResponseHead& head) {
  const auto framing = http::framing_of(head, exchange.head.method);
  if (!framing) {
    exchange.broken = Refused(502, "dockgate: " + framing.error().what, After::close);
    co_return;
  }
  const bool sized =
      framing->kind == http::Framing::Kind::sized || framing->kind == http::Framing::Kind::none;
  const bool chunks = !sized && exchange.head.version == http::Version::http_1_1;
  http::ClientAnswer answer{.status = head.status,
                            .framing = *framing,
                            .connection = http::Connection::keep_alive,
                            .request_id = exchange.record.id};
  if (!sized) {
    answer.framing.kind = chunks ? http::Framing::Kind::chunked : http::Framing::Kind::until_close;
    if (!chunks) exchange.after = After::close;
  }
  if (exchange.after == After::close || stopping_) answer.connection = http::Connection::close;
  std::string lead;
  http::write_response_head(answer, head, lead);
  http::BodyDecoder decoder(*framing);
  BodyRelay relay{.from = engine_.stream(),
                  .input = engine_.input(),
                  .decoder = decoder,
                  .to = *client_,
                  .as = chunks ? BodyRelay::As::chunked : BodyRelay::As::plain,
                  .lead = lead,
                  .count = exchange.record.bytes_out};
  std::string made;
  if (head.status == created) relay.kept = &made;
  exchange.record.status = head.status;
  const BodyEnd end = co_await relay_body(relay);
  if (!made.empty()) exchange.record.created = audit::created_by(made);
  const bool engine_goes_on = framing->kind != http::Framing::Kind::until_close &&
                              head.version == http::Version::http_1_1 &&
                              !head.fields.lists(http::Known::connection, "close");
  if (end == BodyEnd::complete && engine_goes_on) {
    engine_.rest();
  } else {
    engine_.close();
  }
  if (answer.connection == http::Connection::close) exchange.after = After::close;
  if (end != BodyEnd::complete) exchange.after = After::close;
  exchange.record.ended = end == BodyEnd::complete      ? "complete"
                          : end == BodyEnd::sink_failed ? "client_gone"
                          : client_->peer_is_gone()     ? "client_gone"
                                                        : "engine_gone";
}

Task<void> Session::become_tunnel(Exchange& exchange, const http::ResponseHead& head) {
  std::string text;
  http::write_tunnel_head(head, exchange.upgrade, exchange.record.id, text);
  exchange.record.status = head.status;
  exchange.after = After::close;
  const auto written = co_await client_->write_all(text);
  if (!written) {
    exchange.record.ended = "client_gone";
    co_return;
  }
  Tunnel tunnel{.client = *client_,
                .from_client = input_,
                .engine = engine_.stream(),
                .from_engine = engine_.input(),
                .farewell = farewell,
                .bytes_in = exchange.record.bytes_in,
                .bytes_out = exchange.record.bytes_out};
  const Gauge::Held tunnelling(loop_.tally.tunnels);
  co_await relay_tunnel(tunnel);
  exchange.record.ended = "complete";
}

}  // namespace dockgate::proxy
