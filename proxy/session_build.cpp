// A build's context on its way: read and written anew, its Dockerfile judged before its end.
#include <string>
#include <utility>

#include "policy/build/build_context.h"
#include "policy/build/read_build.h"
#include "proxy/exchange.h"
#include "proxy/http/write_head.h"
#include "proxy/session.h"
#include "proxy/unpacker.h"

namespace dockgate::proxy {
namespace {

Refused bad_context(const std::string& why, After after) {
  return Refused(400, "dockgate: the build's context cannot be read: " + why, after);
}

// Appended to what stands in `out` after `begin`.
void write_chunk(const std::string& content, std::string& out) {
  if (content.empty()) return;
  out += http::ChunkSize(content.size()).text();
  out += content;
  out += "\r\n";
}

}  // namespace

// The Engine begins when the archive has ended. Until then a refusal is the whole answer: the
// Engine's connection breaks off, and nothing was built.
Task<void> Session::send_context(Exchange& exchange) {
  if (exchange.expectation == http::Expectation::continue_first) {
    const auto told = co_await client_->write_all(http::continue_head);
    if (!told) co_return engine_.close();
  }
  policy::BuildContext context(policy::value_of(exchange.request.target, "dockerfile"));
  const auto relayed = co_await relay_context(exchange, context);
  if (!relayed) co_return break_context_off(exchange, relayed.error());
  exchange.body_read = true;
  const auto permit = co_await judge_dockerfile(exchange, *context.dockerfile());
  if (!permit) co_return break_context_off(exchange, permit.error());
  co_await end_context(exchange, context, *permit);
}

// All of the archive but the Dockerfile and the end.
Task<Result<void, Refused>> Session::relay_context(Exchange& exchange,
                                                   policy::BuildContext& context) {
  http::BodyDecoder decoder(exchange.framing);
  Unpacker unpacker;
  while (!decoder.complete()) {
    if (input_.empty()) {
      const auto came = co_await input_.fill(*client_, InputBuffer::large);
      if (!came || *came == 0) co_return nobody_left("client_gone");
    }
    const auto step = decoder.next(input_.unread());
    if (!step) co_return refused_for(step.error());
    exchange.record.bytes_in += step->body.size();
    const auto sent = co_await send_part(step->body, unpacker, context);
    input_.consume(step->used);
    if (!sent) co_return sent.error();
  }
  const auto finished = context.finish();
  if (!finished) co_return bad_context(finished.error().what, After::next_request);
  if (!unpacker.complete()) {
    co_return bad_context("the packed archive broke off", After::next_request);
  }
  co_return Result<void, Refused>();
}

// What one piece of the body holds, in pieces that do not grow with what it is packed with.
Task<Result<void, Refused>> Session::send_part(std::string_view packed,
                                               Unpacker& unpacker,
                                               policy::BuildContext& context) {
  while (true) {
    std::string plain;
    const auto unpacked = unpacker.next(packed, plain);
    if (!unpacked) co_return refused_for(unpacked.error());
    if (plain.empty() && packed.empty()) co_return Result<void, Refused>();
    std::string content;
    const auto taken = context.take(plain, content);
    if (!taken) co_return bad_context(taken.error().what, After::close);
    std::string out;
    write_chunk(content, out);
    if (out.empty()) continue;
    const auto written = co_await engine_.stream().write_all(out);
    if (!written) co_return nobody_left("engine_gone");
  }
}

// What the Dockerfile asks for joins what the request does, and all of it is judged. Until it has
// been, a newer generation has nothing to judge it by.
Task<Result<policy::Permit, Refused>> Session::judge_dockerfile(Exchange& exchange,
                                                                const std::string& text) {
  const auto read = policy::read_build_dockerfile(text, exchange.request);
  if (!read) {
    co_return refused_for(read.error(),
                          &exchange.operation(),
                          exchange.record.policy->name,
                          exchange.after_refusal());
  }
  Exchange* const lasting = std::exchange(lasting_, nullptr);
  const auto resolved = co_await resolve(exchange);
  lasting_ = lasting;
  if (!resolved) co_return resolved.error();
  auto permit = co_await decide(exchange);
  auto objection = objection_of_newest(exchange);
  if (permit && objection) co_return *std::move(objection);
  co_return permit;
}

Task<void> Session::end_context(Exchange& exchange, policy::BuildContext& context, policy::Permit) {
  std::string content;
  const std::string dockerfile =
      policy::canonical_dockerfile(exchange.request, exchange.answers, *who().policy);
  context.write_end(dockerfile, content);
  std::string out;
  write_chunk(content, out);
  out += http::last_chunk;
  const auto written = co_await engine_.stream().write_all(out);
  if (!written) engine_.close();
}

// The answer is the refusal, unless the Engine's own has begun by now.
void Session::break_context_off(Exchange& exchange, Refused refused) {
  const bool to_be_told = refused.status != 0 && exchange.record.status == 0;
  if (to_be_told) {
    exchange.record.verdict = audit::Verdict::refuse;
    exchange.broken = std::move(refused);
  }
  engine_.close();
}

}  // namespace dockgate::proxy
