// Every body that has a schema. The first byte is the operation, the second the API version; the
// rest is the body. What goes on to the Engine, read again, has the same facts and verdicts.
#include <string>
#include <vector>

#include "policy/strict_json.h"
#include "tests/fuzz/judged.h"
#include "tests/fuzz/property.h"

namespace {

using namespace dockgate;
using tests::expect;

constexpr unsigned versions = policy::newest_api.minor - policy::oldest_api.minor + 1U;

const std::vector<const policy::Operation*>& operations_with_a_schema() {
  static const auto all = [] {
    std::vector<const policy::Operation*> out;
    for (const policy::Operation& one : policy::all_operations()) {
      if (one.body.kind == policy::BodyKind::json) out.push_back(&one);
    }
    return out;
  }();
  return all;
}

// `/v1.41/containers/plain/update`; without a version where `chosen` is beyond the last.
std::string target_of(const policy::Operation& operation, unsigned chosen) {
  std::string out;
  bool in_argument = false;
  for (const char c : operation.path) {
    if (c == '{') out += "plain";
    if (c == '{' || c == '}') {
      in_argument = c == '{';
    } else if (!in_argument) {
      out += c;
    }
  }
  if (chosen == versions) return out;
  return "/v1." + std::to_string(policy::oldest_api.minor + chosen) + out;
}

void expect_same_verdicts(const policy::Request& once, const policy::Request& twice) {
  for (const char* const name : {"baseline", "restricted", "read-only"}) {
    const policy::Policy& policy = tests::preset(name);
    const auto first =
        policy::judge(once, tests::answers_for(once, policy, tests::small_engine), policy);
    const auto second =
        policy::judge(twice, tests::answers_for(twice, policy, tests::small_engine), policy);
    expect(first.allowed() == second.allowed(), "it is allowed or refused again");
    expect(tests::rules_of(first.reasons()) == tests::rules_of(second.reasons()),
           "for the same reasons");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size < 2) return 0;
  const auto& operations = operations_with_a_schema();
  const policy::Operation& operation = *operations[bytes[0] % operations.size()];
  const std::string target = target_of(operation, bytes[1] % (versions + 1));
  const auto read = policy::read_target(policy::name_of(operation.method), target);
  if (!read) return 0;
  expect(read->operation == &operation, "a row's path is the row's");
  const auto once = policy::read_request(*read, tests::text_of(bytes + 2, size - 2));
  if (!once) return 0;
  const std::string written = policy::canonical_body(*once, {});
  expect(written.empty() || policy::parse_json(written, "").has_value(), "it is strict JSON");
  const auto twice = policy::read_request(*read, written);
  expect(twice.has_value(), "the canonical body can be read");
  // What has no row goes on as it is, where it is allowed; it may look like a field that is written
  // anew elsewhere.
  if (!once->facts->unknown_fields.empty()) return 0;
  expect(policy::canonical_body(*twice, {}) == written, "it is its own canonical body");
  // Settings that stood at the top of a create body stand elsewhere now, and come in another order.
  const bool moves = operation.body.schema->inlined != nullptr;
  expect(moves || *twice->facts == *once->facts, "it has the same facts");
  expect_same_verdicts(*once, *twice);
  tests::expect_sources_in_place(*once);
  return 0;
}
