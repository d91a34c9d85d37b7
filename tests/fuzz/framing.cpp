// Where a request ends: the same however it is cut, and where the letter of the RFC has its end.
#include "proxy/http/framing.h"

#include <optional>
#include <string>

#include "proxy/http/head.h"
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

constexpr std::size_t wanted = 5;

void check_beginning(const Framing& framing, std::string_view bytes, const Decoded& whole) {
  const auto start = proxy::http::beginning_of(framing, bytes, wanted);
  if (!start) {
    expect(whole.refused, "a beginning is refused only where the whole is");
    return;
  }
  expect(start->bytes.size() <= wanted, "a beginning is no longer than was asked for");
  if (whole.refused) return;
  expect(start->bytes == whole.body.substr(0, start->bytes.size()), "it is the body's");
  expect(!start->complete || (whole.complete && start->bytes == whole.body), "or all of it");
}

constexpr std::size_t pieces[] = {1, 2, 5};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view text = tests::text_of(bytes, size);
  proxy::http::HeadText gathered(4096);
  const auto used = gathered.feed(text);
  if (!used || !gathered.complete()) return 0;
  const auto head = proxy::http::read_request_head(gathered.text());
  if (!head) return 0;
  StrictMessage strict;
  std::string_view rest = text;
  const StrictReading reading = tests::read_strict_request(rest, strict);
  const auto framing = proxy::http::framing_of(*head);
  if (!framing) {
    expect(reading == StrictReading::malformed, "what frames no body is malformed");
    return 0;
  }
  text.remove_prefix(*used);
  const Decoded once = tests::decoded(*framing, text, text.size() + 1);
  for (const std::size_t piece : pieces) {
    expect(tests::decoded(*framing, text, piece) == once, "how it is cut changes nothing");
  }
  expect(once.complete == (reading == StrictReading::whole), "it ends where the RFC ends it");
  expect(once.refused == (reading == StrictReading::malformed), "it is refused as by the RFC");
  expect(!once.refused || !once.complete, "what is refused is never complete");
  check_beginning(*framing, text, once);
  if (!once.complete) return 0;
  expect(once.body == strict.body, "it holds what the RFC says it holds");
  expect(text.size() - once.used == rest.size(), "the next request begins at the same byte");
  expect(tests::rechunked(once.body, 3) == once.body, "framed anew it is the same body");
  return 0;
}
