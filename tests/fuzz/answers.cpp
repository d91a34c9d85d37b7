// Where an Engine's answer ends. The first byte is the method that it answers.
#include <array>
#include <string>

#include "proxy/http/framing.h"
#include "proxy/http/head.h"
#include "proxy/http/write_head.h"
#include "tests/fuzz/decoded.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/strict_http.h"

namespace {

using namespace dockgate;
using proxy::http::Framing;
using tests::Decoded;
using tests::expect;
using tests::StrictMessage;
using tests::StrictReading;

constexpr std::array<std::string_view, 3> methods = {"GET", "HEAD", "POST"};

// As a session frames it for a client of HTTP/1.1.
void check_written(const proxy::http::ResponseHead& head,
                   const Framing& framing,
                   std::string_view method,
                   const std::string& body) {
  if (head.status < 200) return;
  const bool ends_with_its_connection = framing.kind == Framing::Kind::until_close;
  const proxy::http::ClientAnswer answer{
      .status = head.status,
      .framing = ends_with_its_connection ? Framing{Framing::Kind::chunked} : framing,
      .request_id = "1-1"};
  std::string written;
  proxy::http::write_response_head(answer, head, written);
  if (answer.framing.kind == Framing::Kind::chunked) {
    if (!body.empty()) {
      written += proxy::http::ChunkSize(body.size()).text();
      written.append(body).append("\r\n");
    }
    written += proxy::http::last_chunk;
  } else {
    written += body;
  }
  StrictMessage again;
  std::string_view rest = written;
  expect(tests::read_strict_answer(rest, method, again) == StrictReading::whole,
         "what is written is an answer");
  expect(rest.empty() && again.body == body, "with the same body, and nothing behind it");
}

constexpr std::size_t pieces[] = {1, 2, 5};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view method = methods[bytes[0] % methods.size()];
  std::string_view text = tests::text_of(bytes + 1, size - 1);
  proxy::http::HeadText gathered(4096);
  const auto used = gathered.feed(text);
  if (!used || !gathered.complete()) return 0;
  const auto head = proxy::http::read_response_head(gathered.text());
  if (!head) return 0;
  StrictMessage strict;
  std::string_view rest = text;
  const StrictReading reading = tests::read_strict_answer(rest, method, strict);
  const auto framing = proxy::http::framing_of(*head, method);
  if (!framing) {
    const bool odd = strict.count("content-length") + strict.count("transfer-encoding") != 0;
    expect(reading == StrictReading::malformed || odd, "what frames no body is odd");
    return 0;
  }
  text.remove_prefix(*used);
  const Decoded once = tests::decoded(*framing, text, text.size() + 1);
  for (const std::size_t piece : pieces) {
    expect(tests::decoded(*framing, text, piece) == once, "how it is cut changes nothing");
  }
  expect(once.complete == (reading == StrictReading::whole), "it ends where the RFC ends it");
  expect(once.refused == (reading == StrictReading::malformed), "it is refused as by the RFC");
  if (!once.complete) return 0;
  expect(once.body == strict.body, "it holds what the RFC says it holds");
  expect(text.size() - once.used == rest.size(), "the next answer begins at the same byte");
  check_written(*head, *framing, method, once.body);
  return 0;
}
