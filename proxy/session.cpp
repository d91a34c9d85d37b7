#include "proxy/session.h"

#include <atomic>
#include <charconv>
#include <iterator>
#include <new>
#include <random>
#include <utility>

#include "proxy/exchange.h"
#include "proxy/http/write_head.h"

namespace dockgate::proxy {
namespace {

using policy::Flow;

constexpr std::size_t usual_record = 1024;
constexpr std::chrono::seconds first_request{1};  // at a stop, for who has just come

std::string eight_digits(std::uint32_t number) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", number);
  return text;
}

// Unique to this process' life, and unlike any other's.
std::string next_request_id() {
  constexpr std::uint64_t block = 256;  // that a thread takes at once, so that no other is in its way
  static std::atomic<std::uint64_t> taken{0};
  static const std::string prefix = eight_digits(std::random_device()()) + "-";
  thread_local std::uint64_t count = 0;
  if (count % block == 0) count = taken.fetch_add(block);
  char digits[16];
  const auto end = std::to_chars(digits, std::end(digits), ++count, 16).ptr;
  std::string id;
  id.reserve(prefix.size() + sizeof digits);
  return id.append(prefix).append(digits, end);
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
  if (input_.empty()) client_->presume_silent();
  idle_ = true;
  // Who is only to be told to go has less time to ask.
  const bool is_to_go = turned_away_ || standing_.unwelcome;
  const auto& limits = settings().limits;
  const Clock::duration wait = is_to_go ? limits.head_time : limits.idle;
  client_->set_deadline(Clock::now() + (stopping_ ? first_request : wait));
  while (!head_.complete()) {
    if (input_.empty()) {
      const std::span<char> into = input_.room_for(InputBuffer::idle);
      const auto came = co_await client_->read_some(into);
      if (came) input_.came(*came);
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
  // Nobody is left to read the answer: the Engine need not go on with it.
  const LateWatch watch(*client_, [this] {
    engine_.close();
    asking_.close();
  });
  std::optional<Result<policy::Permit, Refused>> judged;
  try {
    judged.emplace(co_await judge(exchange));
  } catch (const std::bad_alloc&) {  // what it held is free again
    exchange.answers.clear();
    exchange.request.body = {};
    exchange.request.facts = {};
  }
  if (!judged) co_return co_await refuse(exchange, refused_for_room(After::close));
  if (!*judged) {
    Refused refused = judged->error();
    co_return co_await refuse(exchange, std::move(refused));
  }
  // While it was judged the settings may have changed, and a stream would outlast that.
  const bool lasts = exchange.operation().flow != Flow::plain;
  auto objection = lasts ? objection_of_newest(exchange) : std::nullopt;
  if (objection) co_return co_await refuse(exchange, *std::move(objection));
  if (lasts) lasting_ = &exchange;
  const After after = co_await forward(exchange, **judged);
  lasting_ = nullptr;
  co_return after;
}

// Tells the client why, and where the next request would begin cannot be known, ends.
Task<After> Session::refuse(Exchange& exchange, Refused refused) {
  exchange.held.reset();  // what is refused is no longer held, however long the answer is read
  audit::Record& record = exchange.record;
  record.status = refused.status;
  record.ended = refused.status == 0 ? refused.message : "complete";
  if (record.reasons.empty()) record.reasons = refused.reasons;
  const bool of_engine = refused.status == 502 || refused.status == 504;
  if (!exchange.decision_written && !of_engine) record.verdict = audit::Verdict::refuse;
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
    client_->set_deadline(Clock::now() + settings().limits.answer_time);
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
