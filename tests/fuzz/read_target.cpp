// A target that is read has one canonical spelling, which is read as the same operation.
#include "policy/request.h"
#include "policy/write_target.h"
#include "tests/fuzz/property.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace dockgate;
  for (const char* const method : {"GET", "HEAD", "POST", "PUT", "DELETE"}) {
    const auto once = policy::read_target(method, tests::text_of(bytes, size));
    if (!once) continue;
    const std::string written = policy::write_target(*once);
    const auto twice = policy::read_target(method, written);
    tests::expect(twice.has_value(), "the canonical target can be read");
    tests::expect(twice->operation == once->operation, "it is the same operation");
    tests::expect(twice->arguments == once->arguments, "it has the same arguments");
    tests::expect(twice->query == once->query, "it has the same query");
    tests::expect(policy::write_target(*twice) == written, "it is its own canonical target");
  }
  return 0;
}
