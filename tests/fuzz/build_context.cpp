// An archive that passes is written in a form that passes again, unchanged, however it is cut; and
// the Dockerfile that is found in it is the one that was written.
#include "policy/build/build_context.h"

#include <string>
#include <string_view>

#include "tests/fuzz/property.h"

namespace {

using namespace dockgate;

struct Passed {
  bool whole = false;
  std::string dockerfile;
  std::string written;
};

Passed pass(std::string_view archive, std::size_t piece, std::string_view text) {
  policy::BuildContext context("");
  Passed out;
  for (std::size_t at = 0; at < archive.size(); at += piece) {
    if (!context.take(archive.substr(at, piece), out.written)) return out;
  }
  if (!context.finish()) return out;
  out.whole = true;
  out.dockerfile = *context.dockerfile();
  context.write_end(text, out.written);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view archive = tests::text_of(bytes, size);
  const Passed once = pass(archive, archive.size() + 1, "FROM written\n");
  const Passed cut = pass(archive, 7, "FROM written\n");
  tests::expect(once.whole == cut.whole, "how it is cut decides nothing");
  if (!once.whole) return 0;
  tests::expect(once.written == cut.written, "how it is cut changes nothing");
  const Passed twice = pass(once.written, 512, "FROM written\n");
  tests::expect(twice.whole, "what is written can be read");
  tests::expect(twice.dockerfile == "FROM written\n", "the Dockerfile is the one that was written");
  // The folder that each archive is begun with is an entry like others when it is read again.
  const std::string begins = once.written.substr(0, policy::tar_header_size);
  tests::expect(twice.written == begins + once.written, "it is its own canonical form");
  return 0;
}
