#include "proxy/session.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <random>
#include <utility>

#include "proxy/exchange.h"
#include "proxy/http/upgrade.h"
#include "proxy/http/write_head.h"
#include "proxy/relay.h"

namespace dockgate::proxy {
namespace {

using policy::BodyKind;
using policy::Flow;

constexpr std::chrono::seconds farewell{2};
constexpr std::size_t usual_record = 1024;
constexpr std::chrono::seconds first_request{1};  // at a stop, for who has just come

// Unique to this process' life, and unlike any other's.
std::string next_request_id() {
  static const std::uint32_t process = std::random_device()();
  static std::atomic<std::uint64_t> count{0};
  char text[32];
  std::snprintf(text,
                sizeof text,
                "%08x-%llx",
                process,
                static_cast<unsigned long long>(count.fetch_add(1) + 1));
  return text;
}

}  // namespace

Session::Session(Loop& loop,
                 std::unique_ptr<ByteStream> stream,
                 policy::Peer peer,
                 std::optional<Refused> turned_away)
    : loop_(loop),
      client_(std::move(stream)),
      peer_(std::move(peer)),
      turned_away_(std::move(turned_away)),
      standing_(standing_of(peer_, loop.in_force)),
      tally_(&tally_of_client()),
      head_(settings().limits.head),
      engine_(loop.deadlines),
      asking_(loop.deadlines) {
  write_evidence();
}

void Session::stop() {
  stopping_ = true;
  if (!idle_) return;
  if (fresh_) {
    client_->set_deadline(Clock::now() + first_request);
  } else {
    client_->cancel();
  }
}

void Session::abort() {
  stopping_ = true;
  client_->break_off();
  engine_.close();
  asking_.close();
}

Task<void> Session::run() {
  while (fresh_ || !stopping_) {
    const bool came = co_await read_head();
    fresh_ = false;
    if (!came) break;
    const After after = co_await serve();
    if (after == After::close) break;
  }
  client_->close();
  engine_.close();
  asking_.close();
}

// False where no request comes: the client left, fell silent, or sent what is no HTTP.
Task<bool> Session::read_head() {
  look_who_it_is();
  head_.reset(settings().limits.head);
  input_.rest();
  idle_ = true;
  // Who is only to be told to go has less time to ask.
  const bool is_to_go = turned_away_ || standing_.unwelcome;
  const auto& limits = settings().limits;
  const Clock::duration wait = is_to_go ? limits.head_time : limits.idle;
  client_->set_deadline(Clock::now() + (stopping_ ? first_request : wait));
  while (!head_.complete()) {
    if (input_.empty()) {
      const auto came = co_await input_.fill(*client_, InputBuffer::small);
      const bool late = !came && came.error() == boost::asio::error::timed_out;
      if (late && head_.begun()) {
        co_await refuse_head(http::Malformed(408, "the head took too long"));
      }
      if (!came || *came == 0) co_return false;
    }
    if (idle_) client_->set_deadline(Clock::now() + settings().limits.head_time);
    idle_ = false;
    const auto used = head_.feed(input_.unread());
    if (!used) {
      co_await refuse_head(used.error());
      co_return false;
    }
    input_.consume(*used);
  }
  client_->set_deadline(ByteStream::never);
  // The settings may have changed while it came.
  look_who_it_is();
  co_return true;
}

Task<After> Session::serve() {
  const Gauge::Held under_way(loop_.tally.requests);
  Exchange exchange;
  exchange.record = new_record();
  const auto permit = co_await judge(exchange);
  if (!permit) {
    Refused refused = permit.error();
    co_return co_await refuse(exchange, std::move(refused));
  }
  // While it was judged the settings may have changed, and a stream would outlast that.
  const bool lasts = exchange.operation().flow != Flow::plain;
  const Generation& newest = *loop_.in_force;
  if (lasts && &newest != standing_.generation.get() && newest.settings.reload.revoke) {
    auto objection = objection_to(exchange, newest);
    if (objection) co_return co_await refuse(exchange, *std::move(objection));
  }
  if (lasts) lasting_ = &exchange;
  const After after = co_await forward(exchange, *permit);
  lasting_ = nullptr;
  co_return after;
}

// Sends what was judged, in dockgate's own words, and brings the answer back.
Task<After> Session::forward(Exchange& exchange, policy::Permit) {
  const auto ready = co_await engine_.be_ready(settings());
  if (!ready) {
    loop_.tally.engine_unreachable.add();
    Refused unreachable(502,
                        "dockgate: the Engine cannot be reached: " + ready.error().message(),
                        exchange.after_refusal());
    co_return co_await refuse(exchange, std::move(unreachable));
  }
  const policy::Operation& operation = exchange.operation();
  const bool streams_body =
      operation.body.kind == BodyKind::stream || operation.body.kind == BodyKind::tar;
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
  } else if (!streams_body) {
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
  exchange.sent = Clock::now();
  const auto written = co_await engine_.stream().write_all(message);
  if (!written) engine_.close();
  if (!exchange.reads_context) exchange.inspected.reset();

  if (!exchange.head.fields.lists(http::Known::connection, "close") &&
      exchange.head.version == http::Version::http_1_1) {
    exchange.after = After::next_request;
  } else {
    exchange.after = After::close;
  }
  if (operation.flow == Flow::streams) {
    const Gauge::Held streaming(loop_.tally.streams);
    // Nobody is left to read the answer: the Engine need not go on with it.
    const PeerWatch watch(*client_, [this] {
      engine_.close();
      asking_.close();
    });
    if (streams_body && exchange.framing.has_body()) {
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
      exchange.broken = Refused(502, "dockgate: " + head.error().what, After::close);
    }
  } else if (http::becomes_tunnel(*head, exchange.upgrade, exchange.operation().flow)) {
    co_await become_tunnel(exchange, *head);
  } else if (head->status == 101) {
    exchange.broken = Refused(502, "dockgate: the Engine upgraded unasked", After::close);
  } else {
    co_await relay_answer(exchange, *head);
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
  exchange.record.status = head.status;
  const BodyEnd end = co_await relay_body(relay);
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

// Tells the client why, and where the next request would begin cannot be known, ends.
Task<After> Session::refuse(Exchange& exchange, Refused refused) {
  audit::Record& record = exchange.record;
  record.status = refused.status;
  record.ended = refused.status == 0 ? refused.message : "complete";
  if (record.reasons.empty()) record.reasons = refused.reasons;
  if (!exchange.decision_written && refused.status != 502) record.verdict = audit::Verdict::refuse;
  const bool closes = refused.after == After::close ||
                      exchange.head.version == http::Version::http_1_0 ||
                      exchange.head.fields.lists(http::Known::connection, "close");
  if (refused.status != 0) {
    loop_.tally.own_answers.at(std::to_string(refused.status)).add();
    const std::string body = refusal_body(refused.message, record.id);
    const http::ClientAnswer answer{
        .status = refused.status,
        .framing = {},
        .connection = closes ? http::Connection::close : http::Connection::keep_alive,
        .request_id = record.id,
        .retry_after = refused.retry_after};
    std::string text;
    http::write_own_head(answer, body.size(), text);
    if (record.method != "HEAD") text += body;
    const auto written = co_await client_->write_all(text);
    if (!written) record.ended = "client_gone";
  }
  finish(exchange);
  if (!closes && record.ended == "complete") co_return After::next_request;
  co_await linger();
  co_return After::close;
}

// What is no HTTP has no operation, but somebody sent it.
Task<void> Session::refuse_head(http::Malformed malformed) {
  Exchange exchange;
  exchange.record = new_record();
  Refused refused = refused_for(malformed);
  co_await refuse(exchange, std::move(refused));
}

// The record of how it ended.
void Session::finish(Exchange& exchange) {
  if (exchange.revoked) exchange.record.ended = "revoked";
  const audit::Event event =
      exchange.decision_written ? audit::Event::outcome : audit::Event::request;
  std::string text;
  text.reserve(usual_record);
  audit::write_record(event, exchange.record, text);
  loop_.shared.recorder.note(text);
  loop_.tally.count(*tally_, exchange.record);
}

// Reads on for a moment, so that the answer is not lost to a reset while the client still writes.
Task<void> Session::linger() {
  client_->set_deadline(Clock::now() + farewell);
  co_await client_->shut_down_write();
  while (true) {
    input_.consume(input_.unread().size());
    const auto came = co_await input_.fill(*client_, InputBuffer::small);
    if (!came || *came == 0) co_return;
  }
}

audit::Record Session::new_record() {
  audit::Record record;
  record.id = next_request_id();
  record.evidence = evidence_;
  record.began = Clock::now();
  if (standing_.who != nullptr) {
    record.policy = who().policy.get();
  }
  return record;
}

}  // namespace dockgate::proxy
