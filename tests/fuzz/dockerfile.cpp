// What the Engine gets as a Dockerfile, read again, has the same instructions and fetches the same.
#include "policy/build/dockerfile.h"

#include <string>
#include <vector>

#include "tests/fuzz/property.h"

namespace {

using namespace dockgate;

std::string written(const std::vector<policy::Instruction>& all) {
  std::string out;
  for (const policy::Instruction& one : all) {
    std::string line = one.text;
    if (!one.image.empty()) line.insert(one.image_at, one.image);
    out += line + '\n';
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const policy::BuildArguments arguments{{"A", "b"}};
  const auto once = policy::read_dockerfile(tests::text_of(bytes, size), arguments);
  if (!once) return 0;
  const std::string text = written(*once);
  const auto twice = policy::read_dockerfile(text, arguments);
  tests::expect(twice.has_value(), "what is written can be read");
  tests::expect(twice->size() == once->size(), "it has as many instructions");
  for (std::size_t i = 0; i < once->size(); ++i) {
    tests::expect((*twice)[i].keyword == (*once)[i].keyword, "in the same order");
    tests::expect((*twice)[i].sources == (*once)[i].sources, "with the same files");
    tests::expect((*twice)[i].image == (*once)[i].image, "on the same images");
    tests::expect((*twice)[i].line == i + 1, "a line an instruction");
  }
  tests::expect(written(*twice) == text, "it is its own canonical form");
  return 0;
}
