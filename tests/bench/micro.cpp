// What the steps of one request cost by themselves: its head, its row, its body, its verdict, what
// is written of it.
#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "policy/edits.h"
#include "policy/judge.h"
#include "policy/load/load_settings.h"
#include "policy/request.h"
#include "policy/summary.h"
#include "proxy/audit/chain.h"
#include "proxy/audit/record.h"
#include "proxy/http/framing.h"
#include "proxy/http/head.h"
#include "proxy/http/write_head.h"
#include "tests/bench/answers.h"

namespace {

using namespace dockgate;

constexpr std::string_view read_head_text =
    "GET /v1.43/containers/json?all=1&limit=10 HTTP/1.1\r\nHost: docker\r\n"
    "User-Agent: Docker-Client/24.0.7 (linux)\r\nAccept-Encoding: gzip\r\n\r\n";
constexpr std::string_view create_target = "/v1.43/containers/create?name=web";

std::string create_body(std::string_view privileged) {
  std::ifstream file(DOCKGATE_BENCH "/create.json");
  std::string body{std::istreambuf_iterator<char>(file), {}};
  const std::string_view asked = "\"Privileged\":false";
  const std::size_t at = body.find(asked);
  if (at == std::string::npos) throw std::runtime_error("create.json has changed");
  body.replace(at, asked.size(), "\"Privileged\":" + std::string(privileged));
  return body;
}

const policy::Policy& baseline() {
  static const auto loaded = policy::load_policy(
      policy::presets().front().yaml, policy::presets().front().name, "baseline");
  if (!loaded) throw std::runtime_error("baseline does not load");
  return *loaded;
}

policy::Request read_create(const std::string& body) {
  auto target = policy::read_target("POST", create_target);
  auto request = policy::read_request(std::move(*target), body);
  policy::apply_edits(*request, baseline());
  return std::move(*request);
}

// What the Engine is asked for a create, if anything, and what it says.
policy::Answers answers_for(const policy::Request& request) {
  policy::Answers answers;
  while (true) {
    const auto needed = policy::lookups_needed(request, answers, baseline());
    if (needed.empty()) return answers;
    for (const policy::Lookup& lookup : needed) {
      const std::string& answer = bench::answer_to("GET", policy::path_of(lookup));
      const std::string body = answer.substr(answer.find("\r\n\r\n") + 4);
      answers[lookup] = {policy::Answer::Kind::found, body};
    }
  }
}

void read_a_head(benchmark::State& state) {
  proxy::http::HeadText text(32768);
  for (auto _ : state) {
    text.reset();
    benchmark::DoNotOptimize(text.feed(read_head_text));
    auto head = proxy::http::read_request_head(text.text());
    benchmark::DoNotOptimize(head);
  }
}

void write_a_head(benchmark::State& state) {
  const auto head = proxy::http::read_request_head(read_head_text);
  const proxy::http::EngineRequest line{
      .method = "GET", .target = "/v1.43/containers/json", .upgrade = {}, .framing = {}};
  std::string out;
  for (auto _ : state) {
    out.clear();
    proxy::http::write_request_head(line, head->fields, out);
    benchmark::DoNotOptimize(out);
  }
}

void route(benchmark::State& state, std::string_view method, std::string_view target) {
  for (auto _ : state) {
    auto read = policy::read_target(method, target);
    benchmark::DoNotOptimize(read);
  }
}

void judge_a_read(benchmark::State& state) {
  for (auto _ : state) {
    auto target = policy::read_target("GET", "/v1.43/containers/json");
    auto request = policy::read_request(std::move(*target), "");
    policy::apply_edits(*request, baseline());
    benchmark::DoNotOptimize(policy::lookups_needed(*request, {}, baseline()));
    benchmark::DoNotOptimize(policy::judge(*request, {}, baseline()).permit());
    benchmark::DoNotOptimize(policy::canonical_target(*request, {}));
  }
}

void read_a_create(benchmark::State& state) {
  const std::string body = create_body("false");
  for (auto _ : state) {
    benchmark::DoNotOptimize(read_create(body));
  }
}

void judge_a_create(benchmark::State& state) {
  const policy::Request request = read_create(create_body("false"));
  const policy::Answers answers = answers_for(request);
  for (auto _ : state) {
    benchmark::DoNotOptimize(policy::judge(request, answers, baseline()).permit());
  }
}

void write_a_create(benchmark::State& state) {
  const policy::Request request = read_create(create_body("false"));
  const policy::Answers answers = answers_for(request);
  for (auto _ : state) {
    benchmark::DoNotOptimize(policy::canonical_target(request, answers));
    benchmark::DoNotOptimize(policy::canonical_body(request, answers));
  }
}

// All that a session does with an allowed one but for input and output.
void allow_a_create(benchmark::State& state) {
  const std::string body = create_body("false");
  const policy::Answers found = answers_for(read_create(body));
  for (auto _ : state) {
    const policy::Request request = read_create(body);
    const policy::Answers answers = found;
    benchmark::DoNotOptimize(policy::lookups_needed(request, {}, baseline()));
    benchmark::DoNotOptimize(policy::lookups_needed(request, answers, baseline()));
    const policy::Verdict verdict = policy::judge(request, answers, baseline());
    if (!verdict.permit()) state.SkipWithError("it is refused");
    benchmark::DoNotOptimize(policy::canonical_target(request, answers));
    benchmark::DoNotOptimize(policy::canonical_body(request, answers));
  }
}

void refuse_a_create(benchmark::State& state) {
  const std::string body = create_body("true");
  const policy::Answers found = answers_for(read_create(body));
  for (auto _ : state) {
    const policy::Request request = read_create(body);
    const policy::Answers answers = found;
    benchmark::DoNotOptimize(policy::lookups_needed(request, {}, baseline()));
    benchmark::DoNotOptimize(policy::lookups_needed(request, answers, baseline()));
    const policy::Verdict verdict = policy::judge(request, answers, baseline());
    if (verdict.permit()) state.SkipWithError("it is allowed");
    benchmark::DoNotOptimize(verdict.reasons().all());
  }
}

proxy::audit::Record record_of(const policy::Request& request) {
  proxy::audit::Record record;
  record.id = "1fe13dd1-9";
  record.evidence =
      R"("client":{"name":"everybody","uid":0,"gid":0,"pid":4711,"program":"docker"})";
  record.began = proxy::Clock::now();
  record.method = "POST";
  record.path = "/v1.43/containers/create";
  record.operation = request.target.operation;
  record.api = request.target.version;
  record.policy = &baseline();
  record.verdict = proxy::audit::Verdict::allow;
  record.status = 201;
  record.ended = "complete";
  policy::write_summary(request, record.asked);
  return record;
}

void summarise_a_create(benchmark::State& state) {
  const policy::Request request = read_create(create_body("false"));
  for (auto _ : state) {
    std::string asked;
    policy::write_summary(request, asked);
    benchmark::DoNotOptimize(asked);
  }
}

void write_an_audit_record(benchmark::State& state) {
  const proxy::audit::Record record = record_of(read_create(create_body("false")));
  for (auto _ : state) {
    std::string text;
    text.reserve(1024);
    proxy::audit::write_record(proxy::audit::Event::decision, record, text);
    benchmark::DoNotOptimize(text);
  }
}

void seal_an_audit_line(benchmark::State& state) {
  std::string text;
  proxy::audit::write_record(
      proxy::audit::Event::decision, record_of(read_create(create_body("false"))), text);
  proxy::audit::Hasher hasher;
  proxy::audit::Link head;
  std::string line;
  for (auto _ : state) {
    line.clear();
    proxy::audit::seal(text, hasher, head, line);
    benchmark::DoNotOptimize(line);
  }
}

BENCHMARK(read_a_head);
BENCHMARK(write_a_head);
BENCHMARK_CAPTURE(route, a_read, "GET", "/v1.43/containers/json");
BENCHMARK_CAPTURE(route, a_create, "POST", create_target);
BENCHMARK(judge_a_read);
BENCHMARK(read_a_create);
BENCHMARK(judge_a_create);
BENCHMARK(write_a_create);
BENCHMARK(allow_a_create);
BENCHMARK(refuse_a_create);
BENCHMARK(summarise_a_create);
BENCHMARK(write_an_audit_record);
BENCHMARK(seal_an_audit_line);

}  // namespace

BENCHMARK_MAIN();
