// Whatever an Engine answers: its client gets no more answers than it asked for, each of them
// whole or broken off, and the Engine nothing that it did not get from a sound one. The first byte
// is what the client asks.
#include <array>
#include <string>

#include "tests/fuzz/played_session.h"
#include "tests/fuzz/property.h"

namespace {

using namespace dockgate;
using tests::expect;
using tests::StrictMessage;
using tests::StrictReading;

struct Asking {
  const char* method;
  const char* text;
};

constexpr std::array<Asking, 8> requests = {{
    {"GET", "GET /version HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"GET", "GET /events HTTP/1.0\r\n\r\n"},
    {"HEAD", "HEAD /_ping HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"GET", "GET /v1.41/containers/plain/logs?stdout=1&follow=1 HTTP/1.1\r\nHost: a\r\n\r\n"},
    {"POST",
     "POST /containers/plain/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: a\r\n"
     "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\nin"},
    {"POST",
     "POST /containers/create HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
     "Content-Length: 17\r\n\r\n{\"Image\":\"plain\"}"},
    {"POST",
     "POST /images/load HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3\r\nabc\r\n0\r\n\r\n"},
    {"DELETE", "DELETE /containers/plain HTTP/1.1\r\nHost: a\r\n\r\n"},
}};

constexpr const char* follows = "GET /_ping HTTP/1.1\r\nHost: b\r\n\r\n";

std::string without_interim(std::string_view bytes) {
  constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
  while (bytes.substr(0, interim.size()) == interim) bytes.remove_prefix(interim.size());
  return std::string(bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2) return 0;
  const Asking& asking = requests[bytes[0] % requests.size()];
  const std::string_view says = tests::text_of(bytes + 1, size - 1);
  const std::string sent = std::string(asking.text) + follows;
  const tests::Played played = tests::play(sent, sent.size(), {.says = says});
  expect(played.broken.empty(), "the Engine gets requests alone");
  for (const StrictMessage& seen : played.seen) {
    expect(tests::is_in_own_words(seen), "in dockgate's own words");
  }
  const std::string told = without_interim(played.to_client);
  std::string_view rest = told;
  StrictMessage first;
  const StrictReading reading = tests::read_strict_answer(rest, asking.method, first);
  expect(reading != StrictReading::malformed, "what the client gets begins as an answer");
  expect(!first.head.empty(), "with a whole head");
  const bool tunnel =
      first.line[1] == "101" ||
      (first.count("content-length") == 0 && first.framing == tests::StrictFraming::until_close);
  if (tunnel || reading != StrictReading::whole) return 0;
  expect(first.count("dockgate-request-id") == 1, "with one id");
  while (!rest.empty()) {
    StrictMessage second;
    const StrictReading next = tests::read_strict_answer(rest, "GET", second);
    expect(next != StrictReading::malformed && !second.head.empty(), "then comes an answer");
    expect(second.value("dockgate-request-id") != first.value("dockgate-request-id"),
           "to the next request");
    if (next != StrictReading::whole) return 0;
    expect(rest.empty(), "and nothing else");
  }
  return 0;
}
