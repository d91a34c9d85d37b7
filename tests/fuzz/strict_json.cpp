// What is read and written again is read the same.
#include "policy/strict_json.h"

#include "tests/fuzz/property.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace dockgate;
  const auto once = policy::parse_json(tests::text_of(bytes, size), "");
  if (!once) return 0;
  const std::string written = policy::to_text(*once);
  const auto twice = policy::parse_json(written, "");
  tests::expect(twice.has_value(), "what was written can be read");
  tests::expect(*twice == *once, "it is the same value");
  tests::expect(policy::to_text(*twice) == written, "it has one spelling");
  return 0;
}
