// What goes on to the Engine, read again, asks for the same and is judged the same.
#include <string>
#include <vector>

#include "tests/fuzz/judged.h"
#include "tests/fuzz/property.h"

namespace {

using namespace dockgate;

std::vector<std::string> rules_of(const policy::Request& request) {
  return tests::rules_of(policy::judge(request, {}, tests::preset("baseline")).reasons());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto target = policy::read_target("POST", "/v1.41/containers/create");
  const auto once = policy::read_request(*target, tests::text_of(bytes, size));
  if (!once) return 0;
  const std::string written = policy::canonical_body(*once, {});
  if (written.empty()) return 0;
  const auto twice = policy::read_request(*target, written);
  tests::expect(twice.has_value(), "the canonical body can be read");
  tests::expect(policy::canonical_body(*twice, {}) == written, "it is its own canonical body");
  tests::expect(rules_of(*twice) == rules_of(*once), "it is judged the same");
  tests::expect_sources_in_place(*once);
  return 0;
}
