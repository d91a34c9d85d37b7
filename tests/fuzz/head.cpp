// A head is read the same however it is cut, as the letter of the RFC reads it or not at all; and
// what dockgate writes of it is one head, with its own first line and frame.
#include "proxy/http/head.h"

#include <optional>
#include <string>

#include "proxy/http/write_head.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/strict_http.h"

namespace {

using namespace dockgate;
using proxy::http::Fields;
using tests::expect;
using tests::StrictMessage;
using tests::StrictReading;

constexpr std::size_t limit = 2048;

struct Fed {
  std::string text;  // of a complete head
  std::size_t used = 0;
  bool complete = false;
  unsigned refused = 0;
};

Fed fed(std::string_view bytes, std::size_t piece) {
  proxy::http::HeadText head(limit);
  Fed out;
  while (!bytes.empty() && !head.complete()) {
    const std::string_view now = bytes.substr(0, piece);
    const auto used = head.feed(now);
    if (!used) {
      out.refused = used.error().status;
      return out;
    }
    expect(*used == now.size() || head.complete(), "all is taken until the head ends");
    out.used += *used;
    bytes.remove_prefix(*used);
  }
  out.complete = head.complete();
  if (out.complete) out.text = head.text();
  return out;
}

void expect_same_fields(const Fields& read, const StrictMessage& strict) {
  expect(read.all().size() == strict.fields.size(), "as many fields as the RFC reads");
  for (std::size_t i = 0; i < read.all().size(); ++i) {
    expect(read.all()[i].name == strict.fields[i].name, "fields have the RFC's names");
    expect(read.all()[i].value == strict.fields[i].value, "fields have the RFC's values");
  }
  for (const char* const once : {"host", "content-length", "transfer-encoding", "content-type"}) {
    expect(strict.count(once) <= 1, "what a body hangs on stands once");
  }
}

// The head's own bytes, with its body aside.
std::optional<StrictMessage> strictly(std::string_view text, bool request) {
  StrictMessage out;
  const StrictReading reading = request ? tests::read_strict_request(text, out)
                                        : tests::read_strict_answer(text, "HEAD", out);
  if (reading == StrictReading::malformed && out.head.empty()) return std::nullopt;
  return out;
}

void check_request(std::string_view text) {
  const auto head = proxy::http::read_request_head(text);
  if (!head) return;
  const auto strict = strictly(text, true);
  expect(strict.has_value() && strict->head == text, "a request is read by the RFC too");
  expect(strict->line[0] == head->method && strict->line[1] == head->target, "as the same request");
  expect_same_fields(head->fields, *strict);
  for (const std::string_view upgrade : {"", "tcp", "websocket", "h2c"}) {
    const proxy::http::EngineRequest line{.method = head->method,
                                          .target = "/_ping",
                                          .upgrade = upgrade,
                                          .framing = {proxy::http::Framing::Kind::sized, 3},
                                          .content_type = "application/json"};
    std::string written;
    proxy::http::write_request_head(line, head->fields, written);
    written += "abc";
    std::string_view rest = written;
    StrictMessage again;
    expect(tests::read_strict_request(rest, again) == StrictReading::whole && rest.empty(),
           "what is written is one request");
    expect(again.body == "abc" && again.line[1] == "/_ping", "with its own target and frame");
    expect(tests::is_in_own_words(again), "in dockgate's own words");
    expect(again.value("upgrade") == upgrade, "with the upgrade that was judged");
  }
}

void check_answer(std::string_view text) {
  const auto head = proxy::http::read_response_head(text);
  if (!head) return;
  const auto strict = strictly(text, false);
  expect(strict.has_value() && strict->head == text, "an answer is read by the RFC too");
  expect(strict->line[1] == std::to_string(head->status), "as the same answer");
  expect_same_fields(head->fields, *strict);
  const proxy::http::ClientAnswer answer{.status = head->status == 101 ? 200 : head->status,
                                         .framing = {proxy::http::Framing::Kind::sized, 3},
                                         .request_id = "1-1"};
  std::string written;
  proxy::http::write_response_head(answer, *head, written);
  const bool bodyless = answer.status < 200 || answer.status == 204 || answer.status == 304;
  if (!bodyless) written += "abc";
  std::string_view rest = written;
  StrictMessage again;
  expect(tests::read_strict_answer(rest, "GET", again) == StrictReading::whole && rest.empty(),
         "what is written is one answer");
  expect(again.count("dockgate-request-id") == 1, "with one id, which is dockgate's");
  expect(again.count("content-length") == 1 && again.count("transfer-encoding") == 0,
         "with one frame, which is dockgate's");
}

constexpr std::size_t pieces[] = {1, 2, 7};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = tests::text_of(bytes, size);
  const Fed once = fed(text, text.size() + 1);
  for (const std::size_t piece : pieces) {
    const Fed cut = fed(text, piece);
    // A long piece is refused for its length before all else.
    const bool same = cut.refused == once.refused || once.refused == 431 || cut.refused == 431;
    expect(same && (cut.complete == once.complete), "how it is cut decides nothing");
    expect(cut.text == once.text && (!once.complete || cut.used == once.used),
           "how it is cut changes nothing");
  }
  if (!once.complete) return 0;
  expect(once.text == text.substr(0, once.used), "the head is the bytes that were taken");
  expect(once.text.size() <= limit, "within its limit");
  check_request(once.text);
  check_answer(once.text);
  return 0;
}
