// The record of who asked for what, and what became of it. deploy/audit.schema.json says what each
// member means; a test holds every line that the tests' programs write against it.
//
// A request that mutates or hijacks has two records of the same `id`: `decision`, written before
// the Engine sees a byte of it, and `outcome`, when it has ended. Every other request has one,
// `request`, when it has ended. A build has one `decision` more, when its Dockerfile has come and
// before the Engine begins.
//
// Never a header's value, a query, an environment value or a credential.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/api/operations.h"
#include "policy/lookups.h"
#include "policy/policy.h"
#include "policy/settings.h"
#include "policy/verdict.h"
#include "proxy/byte_stream.h"

namespace dockgate::proxy::audit {

// Goes up when a member changes its meaning or goes away; new members are none of its business.
inline constexpr unsigned record_version = 1;

enum class Event : std::uint8_t { decision, outcome, request };
enum class Verdict : std::uint8_t { refuse, would_refuse, allow };

struct Record {
  std::string id;
  std::string_view evidence;  // of write_evidence; lives as long as the record
  Clock::time_point began;
  std::string method;  // bounded, as is the path
  std::string path;
  const policy::Operation* operation = nullptr;
  std::optional<policy::ApiVersion> api;
  std::string object;   // the path's first argument, as it was given
  std::string objects;  // of write_objects
  std::string asked;    // a JSON object, or "" where it was not read so far
  const policy::Policy* policy = nullptr;
  Verdict verdict = Verdict::refuse;
  std::vector<policy::Reason> reasons;
  unsigned status = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::string created;  // the id of what the request made, or its name where it has no id
  std::string ended;
};

// What an answer of 201 says was made: `Id` or `ID`, else `Name`, of up to 256 bytes; "" where it
// is no object with one of these.
std::string created_by(std::string_view answer);

// Who is at the other end of a connection: the members `client` and `listener`. Written once for
// all records of a connection. `client` is "" for nobody's peer.
void write_evidence(std::string_view client, const policy::Peer& peer, std::string& out);

// What the names in a request stand for: `[{"kind":"container","name":"web","id":"…"}]`; nothing
// where nothing was found.
void write_objects(const policy::Answers& answers, std::string& out);

// Appends a record that is still open: the trail closes it (chain.h).
void write_record(Event event, const Record& record, std::string& out);

// The time in RFC 3339, UTC, with microseconds.
void write_now(std::string& out);

}  // namespace dockgate::proxy::audit
