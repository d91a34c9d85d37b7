#include "proxy/pull.h"

#include <openssl/evp.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "policy/image_reference.h"
#include "policy/strict_json.h"
#include "policy/write_target.h"
#include "proxy/http/framing.h"
#include "proxy/http/write_head.h"

namespace dockgate::proxy {
namespace {

constexpr std::chrono::minutes pull_time{60};
constexpr std::size_t longest_line = 64 * 1024;  // of the progress that a pull tells

std::optional<std::string> from_base64url(std::string_view text) {
  std::string padded(text.substr(0, text.find_last_not_of('=') + 1));
  std::replace(padded.begin(), padded.end(), '-', '+');
  std::replace(padded.begin(), padded.end(), '_', '/');
  const std::size_t missing = (4 - padded.size() % 4) % 4;
  padded.append(missing, '=');
  std::string out(padded.size() / 4 * 3, '\0');
  const int size = ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(padded.data()),
                                     static_cast<int>(padded.size()));
  if (size < static_cast<int>(missing)) return std::nullopt;
  out.resize(static_cast<std::size_t>(size) - missing);
  return out;
}

std::string to_base64url(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  return out;
}

// Clients name Docker Hub by the address of its first registry.
bool is_registry(std::string_view address, std::string_view domain) {
  const auto host = policy::registry_host(address);
  if (!host) return false;
  return *host == domain || (*host == "index.docker.io" && domain == "docker.io");
}

// What the last complete line of a pull's progress says went wrong; "" where nothing did.
class Progress {
 public:
  void take(std::string_view bytes) {
    for (const char c : bytes) {
      if (c == '\n') {
        read_line();
      } else if (line_.size() < longest_line) {
        line_ += c;
      }
    }
  }

  std::string error() {
    read_line();
    return error_;
  }

 private:
  void read_line() {
    const auto line = policy::parse_json(std::exchange(line_, {}), "");
    if (!line) return;
    for (const std::string_view key : {"error", "message"}) {
      const std::string_view text = policy::string_or(line->find(key), "");
      if (!text.empty()) error_ = text;
    }
  }

  std::string line_;
  std::string error_;
};

// `alpine` without a tag would be all its tags.
std::string target_of(const policy::Lookup& lookup) {
  policy::Target target;
  target.operation = policy::operation_named("ImageCreate");
  auto reference = policy::parse_reference(lookup.name);
  if (reference && reference->tag.empty() && reference->digest.empty()) reference->tag = "latest";
  target.query.emplace_back("fromImage", reference ? reference->text() : lookup.name);
  if (!lookup.platform.empty()) target.query.emplace_back("platform", lookup.platform);
  return policy::write_target(target);
}

// The words of an answer that is read to its end; "" where it is a good one.
Task<Result<std::string, http::Malformed>> read_progress(Engine& engine) {
  const auto head = co_await engine.read_head();
  if (!head) co_return head.error();
  const auto framing = http::framing_of(*head, "POST");
  if (!framing) co_return framing.error();
  Progress progress;
  http::BodyDecoder decoder(*framing);
  while (!decoder.complete()) {
    if (engine.input().empty()) {
      const auto came = co_await engine.input().fill(engine.stream(), InputBuffer::large);
      const bool ended = came && *came == 0;
      if (ended && decoder.complete_at_end()) break;
      if (!came || ended) co_return http::Malformed(502, "the Engine broke the pull off");
    }
    const auto step = decoder.next(engine.input().unread());
    if (!step) co_return step.error();
    progress.take(step->body);
    engine.input().consume(step->used);
  }
  co_return progress.error();
}

// What went wrong, "" where nothing did.
Task<std::string> pull(Engine& engine,
                       const policy::Settings& settings,
                       policy::Lookup lookup,
                       std::string auth) {
  const std::string target = target_of(lookup);
  http::Fields fields;
  http::Field field;
  field.name = "X-Registry-Auth";
  field.value = auth;
  if (!auth.empty()) fields.add(field);
  http::EngineRequest line;
  line.method = "POST";
  line.target = target;
  line.framing = http::Framing{http::Framing::Kind::sized, 0};
  std::string request;
  http::write_request_head(line, fields, request);
  const auto sent = co_await engine.send(settings, request, pull_time);
  if (!sent) {
    const http::Malformed why = sent.error();
    co_return why.what;
  }
  const auto error = co_await read_progress(engine);
  if (!error) {
    engine.close();
    const http::Malformed why = error.error();
    co_return why.what;
  }
  engine.stream().set_deadline(ByteStream::never);
  engine.rest();
  co_return *error;
}

}  // namespace

std::string registry_auth_for(std::string_view image, std::string_view registry_config) {
  const auto reference = policy::parse_reference(image);
  const auto text = from_base64url(registry_config);
  if (!reference || !text) return "";
  const auto all = policy::parse_json(*text, "");
  if (!all) return "";
  for (const policy::Member& member : all->members) {
    if (is_registry(member.key, reference->domain)) {
      return to_base64url(policy::to_text(member.value));
    }
  }
  return "";
}

Task<policy::Answer> ask_for_pulled(Engine& engine,
                                    const policy::Settings& settings,
                                    policy::Lookup lookup,
                                    std::string registry_config,
                                    std::size_t limit) {
  using Kind = policy::Answer::Kind;
  policy::Lookup local{policy::ReferenceKind::image, lookup.name};
  // One that is here may be for another platform than the build's.
  const bool may_be_here =
      lookup.kind == policy::ReferenceKind::pulled_image && lookup.platform.empty();
  if (may_be_here) {
    policy::Answer here = co_await ask(engine, settings, local, limit);
    if (here.kind != Kind::missing) co_return here;
  }
  const std::string problem =
      co_await pull(engine, settings, lookup, registry_auth_for(lookup.name, registry_config));
  policy::Answer answer;
  if (problem.empty()) {
    answer = co_await ask(engine, settings, std::move(local), limit);
  } else {
    answer.kind = Kind::missing;
    policy::Json why = policy::Json::object();
    why.add("message", policy::Json::of_string(problem));
    answer.body = policy::to_text(why);
  }
  co_return answer;
}

}  // namespace dockgate::proxy
