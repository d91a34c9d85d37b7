// The first half of a request's way through a session: from its head to its verdict.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "policy/build/read_build.h"
#include "policy/edits.h"
#include "policy/judge.h"
#include "policy/plain_tar.h"
#include "policy/summary.h"
#include "proxy/exchange.h"
#include "proxy/http/upgrade.h"
#include "proxy/http/write_head.h"
#include "proxy/memory.h"
#include "proxy/pull.h"
#include "proxy/session.h"

namespace dockgate::proxy {
namespace {

using policy::BodyKind;
using policy::Flow;

constexpr std::size_t most_of_no_body = 4096;            // `{}` and the like
constexpr std::size_t most_inspected = 8 * 1024 * 1024;  // of all answers together
constexpr std::size_t longest_path = 200;                // of an unknown request, in the audit
constexpr int most_lookup_rounds = 8;
constexpr std::size_t most_lookups = 256;  // what is beyond them stays unanswered, and is refused
constexpr std::chrono::seconds volume_wait{30};
constexpr std::chrono::seconds body_pause{1};  // until a client may send the next one

// Those whose answer is all there is of them.
bool is_plain_read(const policy::Operation& operation) {
  return operation.effect == policy::Effect::reads &&
         (operation.flow == Flow::plain || operation.flow == Flow::streams);
}

std::size_t body_limit(BodyKind kind, const policy::Limits& limits) {
  return kind == BodyKind::none ? most_of_no_body : limits.body;
}

// Where what a body is worth has no room, its client comes again.
Result<policy::Request, policy::Reasons> read_at_once(policy::Target target,
                                                      const std::string& body) {
  const MemoryWait wait(MemoryWait::Kind::none);
  return policy::read_request(std::move(target), body);
}

void append_at_once(std::string_view piece, std::string& body) {
  const MemoryWait wait(MemoryWait::Kind::none);
  body += piece;
}

std::string_view name_of(policy::Answer::Kind kind) {
  switch (kind) {
    case policy::Answer::Kind::found:
      return "found";
    case policy::Answer::Kind::missing:
      return "missing";
    case policy::Answer::Kind::failed:
      break;
  }
  return "failed";
}

}  // namespace

// Everything up to the verdict. What stops it on the way is a refusal.
Task<Result<policy::Permit, Refused>> Session::judge(Exchange& exchange) {
  if (const auto framed = read_frame(exchange); !framed) co_return framed.error();
  if (turned_away_) co_return *turned_away_;
  if (standing_.unwelcome) co_return *standing_.unwelcome;
  if (const auto wait = standing_.use->ask(Clock::now()); wait > Clock::duration::zero()) {
    co_return refused_for_limit("requests", who().name, wait, exchange.after_refusal());
  }
  if (const auto known = read_operation(exchange); !known) co_return known.error();
  exchange.held.emplace(loop_.shared.held, standing_.use->held());
  const policy::Operation& operation = exchange.operation();
  const bool streams =
      operation.body.kind == BodyKind::stream || operation.body.kind == BodyKind::tar;
  std::string body;
  if (!streams && exchange.framing.has_body()) {
    auto gathered = co_await gather_body(exchange);
    if (!gathered) co_return gathered.error();
    body = std::move(*gathered);
  }
  auto request = read_at_once(std::move(exchange.request.target), body);
  if (!request) {
    co_return refused_for(request.error(), &operation, "", exchange.after_refusal());
  }
  exchange.request = std::move(*request);
  if (operation.body.kind == BodyKind::tar) {
    const auto looked_at = co_await look_at_archive(exchange);
    if (!looked_at) co_return looked_at.error();
  }
  policy::apply_edits(exchange.request, *who().policy);
  exchange.reads_context =
      exchange.framing.has_body() && policy::reads_context(exchange.request, *who().policy);
  if (exchange.reads_context) {
    // Its Dockerfile is held.
    exchange.inspected = standing_.use->inspect();
    if (!exchange.inspected) {
      co_return refused_for_limit("inspected bodies", who().name, body_pause, After::close);
    }
  }
  if (!is_resolved(exchange)) {
    const auto resolved = co_await resolve(exchange);
    if (!resolved) co_return resolved.error();
  }
  if (is_plain_read(operation)) co_return decide_on_read(exchange);
  co_return co_await decide(exchange);
}

// The head, and where the body ends.
Result<void, Refused> Session::read_frame(Exchange& exchange) {
  auto head = http::read_request_head(head_.text());
  if (!head) return refused_for(head.error());
  exchange.head = std::move(*head);
  exchange.record.method = exchange.head.method;
  exchange.record.path =
      exchange.head.target.substr(0, std::min(exchange.head.target.find('?'), longest_path));
  const auto framing = http::framing_of(exchange.head);
  if (!framing) return refused_for(framing.error());
  exchange.framing = *framing;
  exchange.body_read = !framing->has_body();
  const auto expectation = http::expectation_of(exchange.head, *framing);
  if (!expectation) return refused_for(expectation.error());
  exchange.expectation = *expectation;
  return {};
}

// Which operation it is, and whether body and connection may be what the head says they are.
Result<void, Refused> Session::read_operation(Exchange& exchange) {
  auto target = policy::read_target(exchange.head.method, exchange.head.target);
  if (!target) return refused_for(target.error(), nullptr, "", exchange.after_refusal());
  const policy::Operation& operation = *target->operation;
  exchange.record.operation = &operation;
  exchange.record.api = target->version;
  if (!target->arguments.empty()) exchange.record.object = target->arguments.front();
  const auto fits = http::check_body_fields(exchange.head, exchange.framing, operation.body.kind);
  if (!fits) return refused_for(fits.error());
  const auto upgrade = http::upgrade_of(exchange.head, operation.flow);
  if (!upgrade) return refused_for(upgrade.error());
  exchange.upgrade = *upgrade;
  exchange.request.target = std::move(*target);
  return {};
}

// The first block of an archive, which stays where it is to be sent on.
Task<Result<void, Refused>> Session::look_at_archive(Exchange& exchange) {
  if (!exchange.framing.has_body()) co_return Result<void, Refused>();
  if (exchange.expectation == http::Expectation::continue_first) {
    const auto told = co_await client_->write_all(http::continue_head);
    if (!told) co_return nobody_left("client_gone");
    exchange.expectation = http::Expectation::nothing;
  }
  client_->set_deadline(Clock::now() + settings().limits.body_time);
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

// Whether nothing has to be looked up, and no turn to be waited for.
bool Session::is_resolved(const Exchange& exchange) const {
  return policy::lookups_needed(exchange.request, exchange.answers, *who().policy).empty() &&
         exchange.volumes.covers(policy::volume_use(exchange.request, exchange.answers));
}

// Look-ups, and the turn of the volumes that they find: what was seen before a turn may have
// changed until it came, and is looked at again.
Task<Result<void, Refused>> Session::resolve(Exchange& exchange) {
  for (int round = 0; round < most_lookup_rounds; ++round) {
    co_await look_up(exchange);
    if (exchange.crowded) co_return refused_for_room(exchange.after_refusal());
    policy::VolumeUse use = policy::volume_use(exchange.request, exchange.answers);
    if (exchange.volumes.covers(use)) co_return Result<void, Refused>();
    exchange.volumes.release();
    auto turn = co_await loop_.shared.volumes.take(std::move(use), volume_wait);
    if (!turn) break;
    exchange.volumes = std::move(*turn);
    exchange.answers.clear();
  }
  co_return Refused(503,
                    "dockgate: other requests are busy with the same volumes; try again",
                    exchange.after_refusal());
}

// The whole body, within its limit; only where there is one.
Task<Result<std::string, Refused>> Session::gather_body(Exchange& exchange) {
  std::string body;
  exchange.inspected = standing_.use->inspect();
  if (!exchange.inspected) {
    co_return refused_for_limit("inspected bodies", who().name, body_pause, After::close);
  }
  const std::size_t limit = body_limit(exchange.operation().body.kind, settings().limits);
  const http::Malformed too_large(413,
                                  "the body is longer than " + std::to_string(limit) + " bytes");
  if (exchange.framing.length > limit) co_return refused_for(too_large);
  if (exchange.expectation == http::Expectation::continue_first) {
    const auto told = co_await client_->write_all(http::continue_head);
    if (!told) co_return nobody_left("client_gone");
  }
  client_->set_deadline(Clock::now() + settings().limits.body_time);
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
    const std::size_t used = step->used;
    if (body.size() + step->body.size() > limit) co_return refused_for(too_large);
    if (!exchange.held->grow(step->body.size(), settings().limits.most_inspected())) {
      co_return refused_for_room(After::close);
    }
    append_at_once(step->body, body);
    input_.consume(used);
  }
  client_->set_deadline(ByteStream::never);
  exchange.record.bytes_in = body.size();
  exchange.body_read = true;
  co_return body;
}

// Asks the Engine what the judge has to know, round by round. What does not fit stays unanswered,
// and is refused: a client could have one request look at all that it ever made.
Task<void> Session::look_up(Exchange& exchange) {
  std::size_t left = most_inspected;
  for (int round = 0; round < most_lookup_rounds; ++round) {
    const std::vector<policy::Lookup> needed =
        policy::lookups_needed(exchange.request, exchange.answers, *who().policy);
    if (needed.empty()) break;
    for (const policy::Lookup& lookup : needed) {
      const bool for_nobody = stopping_ || client_->peer_is_gone();
      if (for_nobody || exchange.answers.size() >= most_lookups) co_return;
      policy::Answer found = co_await answer_to(exchange, lookup, left);
      left -= std::min(left, found.body.size());
      if (!exchange.held->grow(found.body.size(), settings().limits.most_inspected())) {
        exchange.crowded = true;
        co_return;
      }
      exchange.answers[lookup] = std::move(found);
    }
  }
}

// The host's files tell where its paths lead, the Engine all else.
Task<policy::Answer> Session::answer_to(const Exchange& exchange,
                                        policy::Lookup lookup,
                                        std::size_t limit) {
  using policy::ReferenceKind;
  const bool to_be_pulled =
      lookup.kind == ReferenceKind::pulled_image || lookup.kind == ReferenceKind::newest_image;
  policy::Answer answer;
  if (to_be_pulled) {
    std::string credentials(exchange.head.fields.value_of("X-Registry-Config"));
    answer = co_await ask_for_pulled(
        asking_, settings(), std::move(lookup), std::move(credentials), limit);
  } else if (lookup.kind != ReferenceKind::host_path) {
    answer = co_await ask(asking_, settings(), std::move(lookup), limit);
  } else if (const auto way = standing_.generation->paths.follow(lookup.name)) {
    answer.kind = policy::Answer::Kind::found;
    answer.body = way->text();
  }
  loop_.tally.lookups.at(name_of(answer.kind)).add();
  co_return answer;
}

Result<policy::Permit, Refused> Session::verdict_on(Exchange& exchange) {
  const policy::Operation& operation = exchange.operation();
  audit::Record& record = exchange.record;
  // What memory fails for is not in the record in part.
  std::string asked;
  std::string objects;
  policy::write_summary(exchange.request, asked);
  audit::write_objects(exchange.answers, objects);
  record.asked = std::move(asked);
  record.objects = std::move(objects);
  const policy::Verdict verdict = policy::judge(exchange.request, exchange.answers, *who().policy);
  record.reasons = verdict.reasons().all();
  const auto permit = verdict.permit();
  if (!permit) {
    record.verdict = audit::Verdict::refuse;
    return refused_for(
        verdict.reasons(), &operation, record.policy->name, exchange.after_refusal());
  }
  record.verdict = verdict.would_refuse() ? audit::Verdict::would_refuse : audit::Verdict::allow;
  return *permit;
}

// What has one record, when it has ended.
Result<policy::Permit, Refused> Session::decide_on_read(Exchange& exchange) {
  auto permit = verdict_on(exchange);
  if (permit && !loop_.shared.recorder.serves_reads()) return unrecorded(exchange);
  return permit;
}

// The verdict, and its record: what mutates is recorded before the Engine can see any of it.
Task<Result<policy::Permit, Refused>> Session::decide(Exchange& exchange) {
  const auto permit = verdict_on(exchange);
  if (!permit) co_return permit.error();
  std::string text;
  audit::write_record(audit::Event::decision, exchange.record, text);
  const Clock::time_point began = Clock::now();
  const auto written = co_await loop_.shared.recorder.decide(text);
  loop_.tally.decisions.observe(microseconds(Clock::now() - began));
  if (!written) co_return unrecorded(exchange);
  exchange.decision_written = true;
  co_return *permit;
}

Refused Session::unrecorded(Exchange& exchange) {
  exchange.record.verdict = audit::Verdict::refuse;
  return Refused(503,
                 "dockgate: " + std::string(exchange.operation().id) +
                     " is refused because its audit record cannot be written",
                 exchange.after_refusal());
}

}  // namespace dockgate::proxy
