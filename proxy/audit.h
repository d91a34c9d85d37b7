// The record of who asked for what, and what became of it: JSON Lines, one write(2) a line.
//
// A request that mutates or hijacks has two lines of the same `id`: `decision`, written before the
// Engine sees a byte of it, and `outcome`, written when it has ended. Every other request has one,
// `request`, when it has ended. A build has one `decision` more, when its Dockerfile has come and
// before the Engine begins. The keys:
//
//   time, id, event       RFC 3339 in UTC; the request's id, which its answer carries too
//   client, listener      {name} and, of a Unix socket's peer, {uid, gid, pid} as the kernel tells;
//                         of a TCP peer {address} and, of its certificate, {common_name,
//                         fingerprint_sha256}; the address it came in by
//   method, path          of a request that is no known operation: as written, without its query
//   operation, api        Docker's operationId; the version the path names, absent where none
//   object                the path's first argument: a container, an image, …
//   asked                 what a policy looks at, in short (decision, request)
//   policy, verdict       allow | refuse | would_refuse (let through by `mode: warn`)
//   reasons               [{rule, at, value, mend}] (decision, request, outcome of what is refused)
//   status                of the answer; 0 where there was none (outcome, request)
//   bytes_in, bytes_out   of bodies and tunnels (outcome, request)
//   duration_us, ended    microseconds; `complete`, or what broke it off (outcome, request)
//
// Never a header's value, a query, an environment value or a credential.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/api/operations.h"
#include "policy/settings.h"
#include "policy/verdict.h"
#include "proxy/byte_stream.h"

namespace dockgate::proxy {

enum class AuditEvent : std::uint8_t { decision, outcome, request };
enum class AuditVerdict : std::uint8_t { refuse, would_refuse, allow };

struct AuditRecord {
  std::string id;
  std::string_view client;  // "" where nobody is known by this peer
  const policy::Peer* peer = nullptr;
  Clock::time_point began;
  std::string method;  // bounded, as is the path
  std::string path;
  const policy::Operation* operation = nullptr;
  std::optional<policy::ApiVersion> api;
  std::string object;
  std::string asked;  // a JSON object, or "" where it was not read so far
  std::string_view policy;
  AuditVerdict verdict = AuditVerdict::refuse;
  std::vector<policy::Reason> reasons;
  unsigned status = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::string ended;
};

// Appends one line with its line feed.
void write_record(AuditEvent event, const AuditRecord& record, std::string& out);

class Audit {
 public:
  // Appends to the file, which it makes with mode 0640; "-" is standard output.
  static Result<std::unique_ptr<Audit>> open(const std::string& file);

  explicit Audit(int descriptor) : descriptor_(descriptor) {}

  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;
  ~Audit();

  // All of the line, or an error. From any thread: the kernel keeps lines whole.
  Result<void> write(std::string_view line);

 private:
  int descriptor_;
};

}  // namespace dockgate::proxy
