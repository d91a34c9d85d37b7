// A whole session: what reaches the Engine are exactly the requests among the client's bytes that
// the policy allows, in their order, each in dockgate's own words; and each of the client's
// requests has one answer. The first byte is how the bytes are cut, the second the Engine's
// manners.
#include <algorithm>
#include <string>
#include <vector>

#include "policy/build/build_context.h"
#include "policy/build/read_build.h"
#include "policy/edits.h"
#include "policy/plain_tar.h"
#include "tests/fuzz/judged.h"
#include "tests/fuzz/played_session.h"
#include "tests/fuzz/property.h"

namespace {

using namespace dockgate;
using policy::BodyKind;
using tests::expect;
using tests::Played;
using tests::StrictMessage;
using tests::StrictReading;

// What a request of the client is to become, by the strict reader and the judge alone.
struct Expected {
  std::string method;
  bool whole = true;
  bool allowed = false;
  bool read_anew = false;  // its body: a build's context
  bool relayed = false;    // its body, framed anew
  std::string target;
  std::string body;
  std::vector<std::string> lookups;  // the targets, in the Engine's words
};

Expected expected_of(const StrictMessage& message, bool whole) {
  Expected out{.method = message.line[0], .whole = whole};
  auto target = policy::read_target(message.line[0], message.line[1]);
  if (!target) return out;
  const BodyKind kind = target->operation->body.kind;
  out.relayed = kind == BodyKind::tar || kind == BodyKind::stream;
  auto request = policy::read_request(std::move(*target), out.relayed ? "" : message.body);
  if (!request) return out;
  if (kind == BodyKind::tar && message.framing != tests::StrictFraming::none &&
      !(message.framing == tests::StrictFraming::sized && message.body.empty() && whole)) {
    policy::read_archive_start(message.body.substr(0, policy::tar_block), *request);
  }
  const policy::Policy& baseline = tests::preset("baseline");
  policy::apply_edits(*request, baseline);
  const auto answers = tests::answers_for(*request, baseline, tests::small_engine);
  for (const auto& [lookup, answer] : answers) out.lookups.push_back(policy::path_of(lookup));
  out.allowed = policy::judge(*request, answers, baseline).allowed();
  out.read_anew =
      policy::reads_context(*request, baseline) && message.framing != tests::StrictFraming::none;
  out.target = policy::canonical_target(*request, answers);
  out.body = out.relayed ? message.body : policy::canonical_body(*request, answers);
  return out;
}

// The requests as the strict reader finds them. The last may be one that is not whole, and is
// forwarded in part where its body is relayed.
std::vector<Expected> expected_of(std::string_view bytes) {
  std::vector<Expected> out;
  while (!bytes.empty()) {
    StrictMessage message;
    const StrictReading reading = tests::read_strict_request(bytes, message);
    const bool whole = reading == StrictReading::whole;
    if (!message.head.empty()) out.push_back(expected_of(message, whole));
    if (!whole) break;
  }
  return out;
}

bool is_forward_of(const StrictMessage& seen, const Expected& expected) {
  if (!expected.allowed || seen.line[0] != expected.method || seen.line[1] != expected.target) {
    return false;
  }
  return expected.read_anew || seen.body == expected.body;
}

// A context that is read is written in a form that passes again, with a Dockerfile in it.
void expect_context(const StrictMessage& seen) {
  policy::BuildContext context("");
  std::string written;
  expect(context.take(seen.body, written).has_value() && context.finish().has_value(),
         "a build's context is one archive with a Dockerfile");
}

// Of what a build begins with, which its Dockerfile says.
bool is_about_an_image(const StrictMessage& seen) {
  const std::string& target = seen.line[1];
  return (seen.line[0] == "GET" && target.rfind("/images/", 0) == 0) ||
         (seen.line[0] == "POST" && target.rfind("/images/create?fromImage=", 0) == 0);
}

bool is_lookup_of(const StrictMessage& seen, const Expected& expected) {
  if (!seen.body.empty()) return false;
  if (expected.read_anew && (is_about_an_image(seen) || seen.line[1] == "/info")) return true;
  return seen.line[0] == "GET" && seen.fields.size() == 1 &&
         std::count(expected.lookups.begin(), expected.lookups.end(), seen.line[1]) != 0;
}

// Every request that the Engine saw is a look-up of the next of the client's requests, or that
// request itself. Returns how many were forwarded.
std::vector<bool> expect_all_expected(const Played& played, const std::vector<Expected>& expected) {
  std::vector<bool> forwarded(expected.size(), false);
  std::size_t now = 0;
  for (const StrictMessage& seen : played.seen) {
    expect(tests::is_in_own_words(seen), "the Engine gets dockgate's own words");
    while (now < expected.size()) {
      // A look-up and an inspection are spelled alike: of one that both are, the first is a
      // look-up.
      if (is_lookup_of(seen, expected[now])) break;
      if (!forwarded[now] && is_forward_of(seen, expected[now])) break;
      ++now;
    }
    expect(now < expected.size(), "the Engine gets what was allowed, and in its order");
    if (!is_forward_of(seen, expected[now])) continue;
    forwarded[now] = true;
    if (expected[now].read_anew && !seen.body.empty()) expect_context(seen);
  }
  return forwarded;
}

struct Answered {
  bool by_engine = false;
  unsigned status = 0;
};

// What the client got, answer by answer; a tunnel's bytes aside.
std::vector<Answered> answers_to(const std::vector<Expected>& expected, std::string_view bytes) {
  std::vector<Answered> out;
  while (!bytes.empty()) {
    StrictMessage answer;
    const bool counted = out.size() < expected.size();
    const auto reading =
        tests::read_strict_answer(bytes, counted ? expected[out.size()].method : "GET", answer);
    expect(reading == StrictReading::whole, "the client gets whole answers");
    if (answer.line[1] == "100") {
      expect(answer.fields.empty(), "an interim answer is dockgate's own");
      continue;
    }
    out.push_back(
        {answer.count("x-engine") != 0, static_cast<unsigned>(std::stoul(answer.line[1]))});
    expect(answer.line[1] == "101" || answer.count("dockgate-request-id") == 1,
           "each answer has one id");
    if (answer.line[1] == "101") break;
    // A head that dockgate cannot read has no method: the refusal has a body, and is the last.
    const bool is_of_no_request = answer.line[1] == "400" && answer.value("connection") == "close";
    if (is_of_no_request) break;
  }
  return out;
}

bool is_of_http(unsigned status) {
  return status == 400 || status == 408 || status == 413 || status == 415 || status == 417 ||
         status == 431 || status == 501 || status == 505;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view sent = tests::text_of(bytes + 2, size - 2);
  const std::size_t piece = bytes[0] == 0 ? sent.size() + 1 : bytes[0];
  const tests::EngineManners manners{.chunked = (bytes[1] & 1) != 0,
                                     .closes = (bytes[1] & 2) != 0,
                                     .ignores_upgrades = (bytes[1] & 4) != 0};
  const Played played = tests::play(sent, piece, manners);
  const std::vector<Expected> expected = expected_of(sent);
  expect(played.broken.empty(), "the Engine gets nothing that is no request");
  const std::vector<bool> forwarded = expect_all_expected(played, expected);
  for (const StrictMessage& begun : played.begun) {
    const bool is_one =
        std::any_of(expected.begin(), expected.end(), [&begun](const Expected& one) {
          return one.allowed && one.relayed && !begun.head.empty() && begun.line[0] == one.method &&
                 begun.line[1] == one.target;
        });
    expect(is_one, "what the Engine gets in part is a body that was allowed to begin");
  }
  const std::vector<Answered> answers = answers_to(expected, played.to_client);
  expect(answers.size() <= expected.size() + 1, "no request has two answers");
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const bool answered = i < answers.size() && answers[i].by_engine;
    expect(!answered || forwarded[i], "only what was forwarded has the Engine's answer");
    if (i >= answers.size() || answered || !expected[i].whole) continue;
    expect(!forwarded[i], "what was forwarded has the Engine's answer");
    const bool may_be_refused =
        !expected[i].allowed || expected[i].read_anew || is_of_http(answers[i].status);
    expect(may_be_refused, "what is allowed is refused for its HTTP alone");
  }
  return 0;
}
