#include "proxy/engine.h"

#include <string_view>
#include <utility>

#include "proxy/http/framing.h"
#include "proxy/http/write_head.h"
#include "proxy/socket_stream.h"

namespace dockgate::proxy {
namespace {

constexpr int most_interim_answers = 16;
constexpr std::chrono::seconds lookup_time{30};
constexpr std::chrono::seconds ping_time{3};
constexpr std::size_t longest_pong = 1024;

http::Malformed bad_gateway(std::string what) { return http::Malformed(502, std::move(what)); }

http::Malformed unreachable(const boost::system::error_code& why) {
  return bad_gateway("the Engine cannot be reached: " + why.message());
}

http::Malformed unanswered(const boost::system::error_code& why) {
  const unsigned status = why == boost::asio::error::timed_out ? 504 : 502;
  return http::Malformed(status, "the Engine did not answer: " + why.message());
}

}  // namespace

bool Engine::is_ready(const policy::Settings& settings) const {
  const bool there = stream_ != nullptr && path_ == settings.engine.path;
  return there && input_.empty() && stream_->is_quiet();
}

Task<Result<void>> Engine::connect(const policy::Settings& settings) {
  input_.release();
  auto connected =
      co_await connect_unix(settings.engine.path, settings.limits.engine_connect, deadlines_);
  if (!connected) co_return connected.error();
  path_ = settings.engine.path;
  stream_ = std::move(*connected);
  co_return Result<void>();
}

// A connection that was kept may have ended a moment ago. What could not be written whole there the
// Engine has not begun with, and gets anew.
Task<Result<void, http::Malformed>> Engine::send(const policy::Settings& settings,
                                                 std::string_view request,
                                                 Clock::duration answer_time) {
  bool is_kept = is_ready(settings);
  while (true) {
    if (!is_kept) {
      const auto connected = co_await connect(settings);
      if (!connected) co_return unreachable(connected.error());
    }
    stream_->set_deadline(Clock::now() + answer_time);
    const OnePiece piece(request);
    const auto written = co_await stream_->write_all(piece);
    if (written) co_return Result<void, http::Malformed>();
    close();
    const bool is_late = written.error() == boost::asio::error::timed_out;
    if (!is_kept || is_late) co_return unanswered(written.error());
    is_kept = false;
  }
}

// What comes after the end of an answer belongs to no exchange.
void Engine::rest() {
  if (!input_.empty()) close();
  input_.release();
  stream().presume_silent();
}

void Engine::close() {
  if (stream_ != nullptr) stream_->close();
}

Task<Result<http::ResponseHead, http::Malformed>> Engine::read_head() {
  for (int answers = 0; answers <= most_interim_answers; ++answers) {
    head_.reset();
    while (!head_.complete()) {
      if (input_.empty()) {
        const std::span<char> into = input_.room_for(InputBuffer::small);
        const auto came = co_await stream().read_some(into);
        if (!came) co_return unanswered(came.error());
        if (*came == 0) co_return bad_gateway("the Engine closed the connection without an answer");
        input_.came(*came);
      }
      const auto used = head_.feed(input_.unread());
      if (!used) co_return bad_gateway("the Engine's answer is no HTTP: " + used.error().what);
      input_.consume(*used);
    }
    auto head = http::read_response_head(head_.text());
    if (!head) co_return bad_gateway("the Engine's answer is no HTTP: " + head.error().what);
    const bool interim = head->status < 200 && head->status != 101;
    if (!interim) co_return head;
  }
  co_return bad_gateway("the Engine sends interim answers without an end");
}

namespace {

// The whole body of an answer, within `limit`.
Task<Result<std::string, http::Malformed>> read_body(Engine& engine,
                                                     http::Framing framing,
                                                     std::size_t limit) {
  std::string body;
  http::BodyDecoder decoder(framing);
  while (!decoder.complete()) {
    if (engine.input().empty()) {
      const auto came = co_await engine.input().fill(engine.stream(), InputBuffer::large);
      if (!came) co_return bad_gateway(came.error().message());
      if (*came == 0 && decoder.complete_at_end()) break;
      if (*came == 0) co_return bad_gateway("the answer broke off");
    }
    const auto step = decoder.next(engine.input().unread());
    if (!step) co_return step.error();
    body += step->body;
    engine.input().consume(step->used);
    if (body.size() > limit) co_return bad_gateway("the answer is too long");
  }
  co_return body;
}

Task<Result<policy::Answer, http::Malformed>> exchange(Engine& engine,
                                                       const policy::Settings& settings,
                                                       std::string target,
                                                       std::size_t limit,
                                                       Clock::duration time) {
  std::string request;
  const http::EngineRequest line{.method = "GET", .target = target, .upgrade = {}, .framing = {}};
  http::write_request_head(line, http::Fields(), request);
  const auto sent = co_await engine.send(settings, request, time);
  if (!sent) co_return sent.error();
  const auto head = co_await engine.read_head();
  if (!head) co_return head.error();
  const auto framing = http::framing_of(*head, "GET");
  if (!framing) co_return framing.error();
  const unsigned status = head->status;
  auto body = co_await read_body(engine, *framing, limit);
  if (!body) co_return body.error();
  policy::Answer answer;
  if (status == 200) answer.kind = policy::Answer::Kind::found;
  if (status == 404) answer.kind = policy::Answer::Kind::missing;
  answer.body = std::move(*body);
  co_return answer;
}

}  // namespace

Task<policy::Answer> ask(Engine& engine,
                         const policy::Settings& settings,
                         policy::Lookup lookup,
                         std::size_t limit) {
  auto answer = co_await exchange(engine, settings, policy::path_of(lookup), limit, lookup_time);
  if (!answer) {
    engine.close();
    co_return policy::Answer();
  }
  engine.stream().set_deadline(ByteStream::never);
  engine.rest();
  co_return std::move(*answer);
}

Task<std::string> ping(Engine& engine, const policy::Settings& settings) {
  const auto answer = co_await exchange(engine, settings, "/_ping", longest_pong, ping_time);
  engine.close();
  if (!answer) co_return answer.error().what;
  co_return answer->kind == policy::Answer::Kind::found
      ? ""
      : "the Engine does not answer /_ping with 200";
}

}  // namespace dockgate::proxy
