#include "tests/fuzz/decoded.h"

#include "tests/fuzz/property.h"

namespace dockgate::tests {

// What stands before a refusal is not compared: it depends on the cut, and nobody gets the end.
Decoded decoded(const proxy::http::Framing& framing, std::string_view bytes, std::size_t piece) {
  proxy::http::BodyDecoder decoder(framing);
  Decoded out;
  std::string_view fed;
  while (!decoder.complete()) {
    if (fed.empty()) {
      fed = bytes.substr(out.used, piece);
      if (fed.empty()) break;
    }
    const auto step = decoder.next(fed);
    if (!step) return {.refused = true};
    expect(step->used > 0 && step->used <= fed.size(), "each step takes something");
    out.body += step->body;
    out.used += step->used;
    fed.remove_prefix(step->used);
  }
  out.complete = decoder.complete() || decoder.complete_at_end();
  return out;
}

std::string rechunked(std::string_view body, std::size_t piece) {
  std::string written;
  for (std::size_t at = 0; at < body.size(); at += piece) {
    const std::string_view one = body.substr(at, piece);
    written += proxy::http::ChunkSize(one.size()).text();
    written.append(one).append("\r\n");
  }
  written += proxy::http::last_chunk;
  const Decoded again = decoded({proxy::http::Framing::Kind::chunked}, written, 4);
  expect(again.complete && again.used == written.size(), "what is written in chunks is whole");
  return again.body;
}

}  // namespace dockgate::tests
