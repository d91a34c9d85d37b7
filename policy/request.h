// One request on its way through the judge: its target, its body in canonical form, its facts.
//
//   read_target      method + target bytes       -> Target   (which row, which arguments)
//   read_request     Target + body bytes         -> Request  (canonical body and query, facts)
//   apply_edits      Request + policy            -> what the policy writes itself (policy/edits.h)
//   lookups_needed   Request + answers so far    -> what to ask the Engine next
//   judge            Request + answers + policy  -> Verdict  (policy/judge.h)
//   canonical_target, canonical_body             -> what the Engine is sent
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/api/operations.h"
#include "policy/boxed.h"
#include "policy/build/dockerfile.h"
#include "policy/facts.h"
#include "policy/json.h"
#include "policy/lookups.h"
#include "policy/policy.h"
#include "policy/result.h"
#include "policy/verdict.h"

namespace dockgate::policy {

struct Target {
  const Operation* operation = nullptr;  // never nullptr in a Target that was read
  std::optional<ApiVersion> version;     // nothing: the path had no prefix
  std::vector<std::string> arguments;    // of the path, decoded
  std::vector<std::pair<std::string, std::string>> query;  // decoded, known, in the table's order
  std::set<std::string> repeated;  // fields of the body that the query names too, for no reader
};

// What the query says of it; "" where it says nothing.
std::string_view value_of(const Target& target, std::string_view parameter);

// Reads the target of a request line: origin-form, decoded once, `/v1.NN` in the known range, a
// row that matches, and known parameters only, each once; names of the body's fields are told in
// `repeated`. Refuses with all there is to say; rules `target.*`, `operation.unknown`, `query.*`.
Result<Target, Reasons> read_target(std::string_view method, std::string_view target);

// What a policy wrote into a request: `docker_socket`, and where.
struct Edit {
  std::string what;
  std::string at;
};

struct Request {
  Target target;
  Json body;  // canonical; null where the operation has none
  Boxed<Facts> facts;
  std::vector<Edit> edits;
  std::vector<Instruction> dockerfile;  // of a build whose context is read, once it was
};

// Reads the body along the operation's schema. `body` is the whole of it for BodyKind none and
// json; nothing for a stream, whose bytes no decision hangs on. Rules `body.*`.
Result<Request, Reasons> read_request(Target target, std::string_view body);

// Takes the beginning of a streamed archive into the facts, for operations that have one of
// BodyKind tar: its first block, or all of it where it is shorter.
void read_archive_start(std::string_view start, Request& request);

// What must be asked before `judge` can decide by this policy: empty once `answers` holds enough.
// What a found object refers to in turn is asked in the next round, up to a fixed depth.
std::vector<Lookup> lookups_needed(const Request& request,
                                   const Answers& answers,
                                   const Policy& policy);

// The target that the Engine is sent: canonical path and query. Names of containers and networks
// that were looked up are replaced by the full ids that were judged.
std::string canonical_target(const Request& request, const Answers& answers);

// The body that the Engine is sent; "" where there is none. References as above, and paths of the
// host that were followed are replaced by where they led.
std::string canonical_body(const Request& request, const Answers& answers);

}  // namespace dockgate::policy
