// A text is a policy or a list of problems, each with its place.
#include "policy/load/load_settings.h"
#include "tests/fuzz/property.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace dockgate;
  const auto policy = policy::load_policy(tests::text_of(bytes, size), "policy.yaml", "fuzz");
  if (policy) {
    tests::expect(!policy::describe(*policy).empty(), "a policy can be described");
    return 0;
  }
  const policy::Problems problems = policy.error();
  tests::expect(!problems.empty(), "what does not load says why");
  for (const policy::Problem& problem : problems) {
    tests::expect(problem.line > 0 && problem.column > 0, "every problem has its place");
  }
  return 0;
}
