// What an Engine says of its objects, whatever it says: judged in one way, however it is spelled.
// The first byte is the request that asks.
#include <array>
#include <string>

#include "policy/strict_json.h"
#include "tests/fuzz/judged.h"
#include "tests/fuzz/property.h"

namespace {

using namespace dockgate;
using tests::expect;

struct Asking {
  const char* method;
  const char* target;
  const char* body;
};

constexpr std::array<Asking, 14> requests = {{
    {"POST", "/containers/x/start", ""},
    {"POST", "/containers/x/exec", R"({"Cmd":["a"]})"},
    {"POST", "/exec/x/start", "{}"},
    {"POST",
     "/containers/create",
     R"({"Image":"x","HostConfig":{"VolumesFrom":["x"],"NetworkMode":"container:x","Binds":["x:/x"]}})"},
    {"POST", "/containers/create", R"({"Image":"x","HostConfig":{"NetworkMode":"x"}})"},
    {"POST", "/containers/x/update", R"({"Memory":1000000})"},
    {"POST", "/commit?container=x&repo=y", "{}"},
    {"POST", "/networks/x/connect", R"({"Container":"y"})"},
    {"POST", "/services/x/update?version=1&rollback=previous", "{}"},
    {"PUT", "/containers/x/archive?path=/", ""},
    {"POST", "/volumes/create", R"({"Name":"x"})"},
    {"POST", "/containers/x/attach?stream=1", ""},
    {"POST", "/images/x/tag?repo=y", ""},
    {"DELETE", "/volumes/x", ""},
}};

std::string said;  // by the Engine, of everything

policy::Answer say(const policy::Lookup&) { return {policy::Answer::Kind::found, said}; }

policy::Verdict judged(const policy::Request& request,
                       const policy::Policy& policy,
                       std::string answer) {
  said = std::move(answer);
  return policy::judge(request, tests::answers_for(request, policy, say), policy);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const Asking& asking = requests[bytes[0] % requests.size()];
  auto target = policy::read_target(asking.method, asking.target);
  const auto request = policy::read_request(std::move(*target), asking.body);
  expect(request.has_value(), "the request is one");
  const std::string answer(tests::text_of(bytes + 1, size - 1));
  const auto document = policy::parse_json(answer, "");
  for (const char* const name : {"baseline", "restricted", "observe"}) {
    const policy::Policy& policy = tests::preset(name);
    const policy::Verdict once = judged(*request, policy, answer);
    const bool judges = &asking == requests.data();
    expect(document || !judges || !once.allowed(), "what is no JSON allows nothing");
    if (!document) continue;
    const policy::Verdict again = judged(*request, policy, policy::to_text(*document));
    expect(once.allowed() == again.allowed(), "it is allowed or refused however it is spelled");
    expect(tests::rules_of(once.reasons()) == tests::rules_of(again.reasons()),
           "for the same reasons");
  }
  return 0;
}
