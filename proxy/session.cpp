#include "proxy/session.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <random>
#include <utility>

#include "policy/edits.h"
#include "policy/judge.h"
#include "policy/plain_tar.h"
#include "policy/summary.h"
#include "proxy/http/upgrade.h"
#include "proxy/http/write_head.h"
#include "proxy/relay.h"

namespace dockgate::proxy {
namespace {

using policy::BodyKind;
using policy::Flow;

constexpr std::size_t most_of_no_body = 4096;  // `{}` and the like
constexpr std::size_t most_inspected = 16 * 1024 * 1024;
constexpr std::size_t longest_path = 200;  // of an unknown request, in the audit
constexpr int most_lookup_rounds = 8;
constexpr std::size_t most_lookups = 256;  // what is beyond them stays unanswered, and is refused
constexpr std::chrono::seconds farewell{2};
constexpr std::chrono::seconds volume_wait{30};

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

std::size_t body_limit(BodyKind kind, const policy::Limits& limits) {
  return kind == BodyKind::none ? most_of_no_body : limits.body;
}

}  // namespace

// One request and what becomes of it.
struct Session::Exchange {
  http::RequestHead head;
  http::Framing framing;
  http::Expectation expectation = http::Expectation::nothing;
  std::string_view upgrade;
  policy::Request request;
  policy::Answers answers;
  AuditRecord record;
  bool body_read = false;       // all of it: the next request begins after it
  bool decision_written = false;
  VolumeLocks::Hold volumes;  // the turn of those it makes, removes or uses
  After after = After::next_request;
  std::optional<Refused> broken;  // the Engine failed before its answer began

  const policy::Operation& operation() const { return *request.target.operation; }
  After after_refusal() const { return body_read ? After::next_request : After::close; }
};

Session::Session(Shared& shared,
                 Deadlines& deadlines,
                 std::unique_ptr<ByteStream> stream,
                 policy::Peer peer,
                 const policy::Client* who,
                 std::optional<Unwelcome> unwelcome)
    : shared_(shared),
      settings_(shared.settings),
      client_(std::move(stream)),
      peer_(std::move(peer)),
      who_(who),
      unwelcome_(std::move(unwelcome)),
      head_(settings_.limits.head),
      engine_(settings_, deadlines),
      asking_(settings_, deadlines) {}

void Session::stop() {
  stopping_ = true;
  if (idle_) client_->cancel();
}

void Session::abort() {
  stopping_ = true;
  client_->close();
  engine_.close();
  asking_.close();
}

Task<void> Session::run() {
  while (!stopping_ && co_await read_head()) {
    const After after = co_await serve();
    if (after == After::close) break;
  }
  client_->close();
  engine_.close();
  asking_.close();
}

// False where no request comes: the client left, fell silent, or sent what is no HTTP.
Task<bool> Session::read_head() {
  head_.reset();
  input_.rest();
  idle_ = true;
  client_->set_deadline(Clock::now() + settings_.limits.idle);
  while (!head_.complete()) {
    if (input_.empty()) {
      const auto came = co_await input_.fill(*client_, InputBuffer::small);
      const bool late = !came && came.error() == boost::asio::error::timed_out;
      if (late && head_.begun()) {
        co_await refuse_head(http::Malformed(408, "the head took too long"));
      }
      if (!came || *came == 0) co_return false;
    }
    if (idle_) client_->set_deadline(Clock::now() + settings_.limits.head_time);
    idle_ = false;
    const auto used = head_.feed(input_.unread());
    if (!used) {
      co_await refuse_head(used.error());
      co_return false;
    }
    input_.consume(*used);
  }
  client_->set_deadline(ByteStream::never);
  co_return true;
}

Task<After> Session::serve() {
  Exchange exchange;
  exchange.record = new_record();
  const auto permit = co_await judge(exchange);
  if (!permit) {
    Refused refused = permit.error();
    co_return co_await refuse(exchange, std::move(refused));
  }
  co_return co_await forward(exchange, *permit);
}

// Everything up to the verdict. What stops it on the way is a refusal.
Task<Result<policy::Permit, Refused>> Session::judge(Exchange& exchange) {
  auto head = http::read_request_head(head_.text());
  if (!head) co_return refused_for(head.error());
  exchange.head = std::move(*head);
  exchange.record.method = exchange.head.method;
  exchange.record.path = exchange.head.target.substr(
      0, std::min(exchange.head.target.find('?'), longest_path));
  const auto framing = http::framing_of(exchange.head);
  if (!framing) co_return refused_for(framing.error());
  exchange.framing = *framing;
  exchange.body_read = !framing->has_body();
  const auto expectation = http::expectation_of(exchange.head, *framing);
  if (!expectation) co_return refused_for(expectation.error());
  exchange.expectation = *expectation;
  if (unwelcome_) co_return Refused(unwelcome_->status, unwelcome_->message, After::close);

  auto target = policy::read_target(exchange.head.method, exchange.head.target);
  if (!target) {
    co_return refused_for(target.error(), nullptr, "", exchange.after_refusal());
  }
  const policy::Operation& operation = *target->operation;
  exchange.record.operation = &operation;
  exchange.record.api = target->version;
  if (!target->arguments.empty()) exchange.record.object = target->arguments.front();
  const auto fits =
      http::check_body_fields(exchange.head, exchange.framing, operation.body.kind);
  if (!fits) co_return refused_for(fits.error());
  const auto upgrade = http::upgrade_of(exchange.head, operation.flow);
  if (!upgrade) co_return refused_for(upgrade.error());
  exchange.upgrade = *upgrade;

  std::string body;
  exchange.request.target = *target;
  const bool streams = operation.body.kind == BodyKind::stream ||
                       operation.body.kind == BodyKind::tar;
  if (!streams) {
    auto gathered = co_await gather_body(exchange);
    if (!gathered) co_return gathered.error();
    body = std::move(*gathered);
  }
  auto request = policy::read_request(std::move(*target), body);
  if (!request) {
    co_return refused_for(request.error(), &operation, "", exchange.after_refusal());
  }
  exchange.request = std::move(*request);
  if (operation.body.kind == BodyKind::tar) {
    const auto looked_at = co_await look_at_archive(exchange);
    if (!looked_at) co_return looked_at.error();
  }
  policy::apply_edits(exchange.request, *who_->policy);
  const auto resolved = co_await resolve(exchange);
  if (!resolved) co_return resolved.error();
  co_return decide(exchange);
}

// The first block of an archive, which stays where it is to be sent on.
Task<Result<void, Refused>> Session::look_at_archive(Exchange& exchange) {
  if (!exchange.framing.has_body()) co_return Result<void, Refused>();
  if (exchange.expectation == http::Expectation::continue_first) {
    const auto told = co_await client_->write_all(http::continue_head);
    if (!told) co_return nobody_left("client_gone");
    exchange.expectation = http::Expectation::nothing;
  }
  client_->set_deadline(Clock::now() + settings_.limits.body_time);
  while (true) {
    const auto start = http::beginning_of(exchange.framing, input_.unread(), policy::tar_block);
    if (!start) co_return refused_for(start.error());
    if (start->complete || start->bytes.size() >= policy::tar_block) {
      policy::read_archive_start(start->bytes, exchange.request);
      break;
    }
    const auto came = co_await input_.fill_more(*client_, InputBuffer::large);
    const bool late = !came && came.error() == boost::asio::error::timed_out;
    if (late) co_return refused_for(http::Malformed(408, "the body took too long"));
    if (!came || *came == 0) co_return nobody_left("client_gone");
  }
  client_->set_deadline(ByteStream::never);
  co_return Result<void, Refused>();
}

// Look-ups, and the turn of the volumes that they find: what was seen before a turn may have
// changed until it came, and is looked at again.
Task<Result<void, Refused>> Session::resolve(Exchange& exchange) {
  for (int round = 0; round < most_lookup_rounds; ++round) {
    co_await look_up(exchange);
    policy::VolumeUse use = policy::volume_use(exchange.request, exchange.answers);
    if (exchange.volumes.covers(use)) co_return Result<void, Refused>();
    exchange.volumes.release();
    auto turn = co_await shared_.volumes.take(std::move(use), volume_wait);
    if (!turn) break;
    exchange.volumes = std::move(*turn);
    exchange.answers.clear();
  }
  co_return Refused(503,
                    "dockgate: other requests are busy with the same volumes; try again",
                    exchange.after_refusal());
}

// The whole body, within its limit.
Task<Result<std::string, Refused>> Session::gather_body(Exchange& exchange) {
  std::string body;
  if (!exchange.framing.has_body()) co_return body;
  const std::size_t limit = body_limit(exchange.operation().body.kind, settings_.limits);
  const http::Malformed too_large(413, "the body is longer than " + std::to_string(limit) + " bytes");
  if (exchange.framing.length > limit) co_return refused_for(too_large);
  if (exchange.expectation == http::Expectation::continue_first) {
    const auto told = co_await client_->write_all(http::continue_head);
    if (!told) co_return nobody_left("client_gone");
  }
  client_->set_deadline(Clock::now() + settings_.limits.body_time);
  http::BodyDecoder decoder(exchange.framing);
  while (!decoder.complete()) {
    if (input_.empty()) {
      const auto came = co_await input_.fill(*client_, InputBuffer::small);
      const bool late = !came && came.error() == boost::asio::error::timed_out;
      if (late) co_return refused_for(http::Malformed(408, "the body took too long"));
      if (!came || *came == 0) co_return nobody_left("client_gone");
    }
    const auto step = decoder.next(input_.unread());
    if (!step) co_return refused_for(step.error());
    body += step->body;
    input_.consume(step->used);
    if (body.size() > limit) co_return refused_for(too_large);
  }
  client_->set_deadline(ByteStream::never);
  exchange.record.bytes_in = body.size();
  exchange.body_read = true;
  co_return body;
}

// Asks the Engine what the judge has to know, round by round.
Task<void> Session::look_up(Exchange& exchange) {
  for (int round = 0; round < most_lookup_rounds; ++round) {
    const std::vector<policy::Lookup> needed =
        policy::lookups_needed(exchange.request, exchange.answers, *who_->policy);
    if (needed.empty()) break;
    for (const policy::Lookup& lookup : needed) {
      if (exchange.answers.size() >= most_lookups) co_return;
      policy::Answer found = co_await answer_to(lookup);
      exchange.answers[lookup] = std::move(found);
    }
  }
}

// The host's files tell where its paths lead, the Engine all else.
Task<policy::Answer> Session::answer_to(policy::Lookup lookup) {
  if (lookup.kind != policy::ReferenceKind::host_path) {
    co_return co_await ask(asking_, std::move(lookup), most_inspected);
  }
  policy::Answer answer;
  if (const auto end = shared_.paths.follow(lookup.name)) {
    answer.kind = policy::Answer::Kind::found;
    answer.body = *end;
  }
  co_return answer;
}

// The verdict, and its record: what mutates is recorded before the Engine can see any of it.
Result<policy::Permit, Refused> Session::decide(Exchange& exchange) {
  const policy::Operation& operation = exchange.operation();
  AuditRecord& record = exchange.record;
  policy::write_summary(exchange.request, record.asked);
  const policy::Verdict verdict =
      policy::judge(exchange.request, exchange.answers, *who_->policy);
  record.reasons = verdict.reasons().all();
  const auto permit = verdict.permit();
  if (!permit) {
    return refused_for(verdict.reasons(), &operation, record.policy, exchange.after_refusal());
  }
  record.verdict = verdict.would_refuse() ? AuditVerdict::would_refuse : AuditVerdict::allow;
  const bool plain_read =
      operation.effect == policy::Effect::reads &&
      (operation.flow == Flow::plain || operation.flow == Flow::streams);
  if (plain_read) return *permit;
  std::string line;
  write_record(AuditEvent::decision, record, line);
  if (const auto written = shared_.audit.write(line); !written) {
    spdlog::error("the audit cannot be written: {}", written.error().message());
    record.verdict = AuditVerdict::refuse;
    return Refused(503,
                   "dockgate: " + std::string(operation.id) +
                       " is refused because its audit record cannot be written",
                   exchange.after_refusal());
  }
  exchange.decision_written = true;
  return *permit;
}

// Sends what was judged, in dockgate's own words, and brings the answer back.
Task<After> Session::forward(Exchange& exchange, policy::Permit) {
  const auto ready = co_await engine_.be_ready();
  if (!ready) {
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
  if (!streams_body) {
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
  const auto written = co_await engine_.stream().write_all(message);
  if (!written) engine_.close();

  if (!exchange.head.fields.lists(http::Known::connection, "close") &&
      exchange.head.version == http::Version::http_1_1) {
    exchange.after = After::next_request;
  } else {
    exchange.after = After::close;
  }
  if (operation.flow == Flow::streams) {
    // Nobody is left to read the answer: the Engine need not go on with it.
    const PeerWatch watch(*client_, [this] { engine_.close(); });
    if (streams_body && exchange.framing.has_body()) {
      co_await both(send_stream(exchange), answer(exchange));
    } else {
      co_await answer(exchange);
    }
  } else {
    co_await answer(exchange);
  }
  if (exchange.broken) co_return co_await refuse(exchange, *std::move(exchange.broken));
  finish(exchange);
  if (exchange.after == After::close) co_await linger();
  co_return exchange.after;
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
  if (!head) {
    exchange.broken = Refused(502, "dockgate: " + head.error().what, After::close);
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
  const bool sized = framing->kind == http::Framing::Kind::sized ||
                     framing->kind == http::Framing::Kind::none;
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
  co_await relay_tunnel(tunnel);
  exchange.record.ended = "complete";
}

// Tells the client why, and where the next request would begin cannot be known, ends.
Task<After> Session::refuse(Exchange& exchange, Refused refused) {
  AuditRecord& record = exchange.record;
  record.status = refused.status;
  record.ended = refused.status == 0 ? refused.message : "complete";
  if (record.reasons.empty()) record.reasons = refused.reasons;
  if (!exchange.decision_written && refused.status != 502) record.verdict = AuditVerdict::refuse;
  const bool closes = refused.after == After::close ||
                      exchange.head.version == http::Version::http_1_0 ||
                      exchange.head.fields.lists(http::Known::connection, "close");
  if (refused.status != 0) {
    const std::string body = refusal_body(refused.message, record.id);
    const http::ClientAnswer answer{
        .status = refused.status,
        .framing = {},
        .connection = closes ? http::Connection::close : http::Connection::keep_alive,
        .request_id = record.id};
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

// The record of how it ended. A read whose record cannot be written has been answered by now.
void Session::finish(Exchange& exchange) {
  std::string line;
  const AuditEvent event = exchange.decision_written ? AuditEvent::outcome : AuditEvent::request;
  write_record(event, exchange.record, line);
  if (const auto written = shared_.audit.write(line); !written) {
    spdlog::error("the audit cannot be written: {}", written.error().message());
  }
}

// Reads on for a moment, so that the answer is not lost to a reset while the client still writes.
Task<void> Session::linger() {
  client_->shut_down_write();
  client_->set_deadline(Clock::now() + farewell);
  while (true) {
    input_.consume(input_.unread().size());
    const auto came = co_await input_.fill(*client_, InputBuffer::small);
    if (!came || *came == 0) co_return;
  }
}

AuditRecord Session::new_record() {
  AuditRecord record;
  record.id = next_request_id();
  record.peer = &peer_;
  record.began = Clock::now();
  if (who_ != nullptr) {
    record.client = who_->name;
    record.policy = who_->policy->name;
  }
  return record;
}

}  // namespace dockgate::proxy
