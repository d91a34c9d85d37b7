#include "proxy/audit.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "policy/json.h"

namespace dockgate::proxy {
namespace {

std::string_view name_of(AuditEvent event) {
  switch (event) {
    case AuditEvent::decision:
      return "decision";
    case AuditEvent::outcome:
      return "outcome";
    case AuditEvent::request:
      return "request";
  }
  return "";
}

std::string_view name_of(AuditVerdict verdict) {
  switch (verdict) {
    case AuditVerdict::allow:
      return "allow";
    case AuditVerdict::refuse:
      return "refuse";
    case AuditVerdict::would_refuse:
      return "would_refuse";
  }
  return "";
}

void write_now(std::string& out) {
  using namespace std::chrono;
  const auto now = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  const std::time_t seconds = now / 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  length += static_cast<std::size_t>(std::snprintf(
      text + length, sizeof text - length, ".%06dZ", static_cast<int>(now % 1'000'000)));
  out.append(text, length);
}

// Members of one object, in the order they are written.
class Line {
 public:
  explicit Line(std::string& out) : out_(out) { out_ += '{'; }

  void text(std::string_view key, std::string_view value) {
    begin(key);
    policy::write_json_string(value, out_);
  }

  void text_unless_empty(std::string_view key, std::string_view value) {
    if (!value.empty()) text(key, value);
  }

  void number(std::string_view key, std::int64_t value) { raw(key, std::to_string(value)); }

  void raw(std::string_view key, std::string_view json) {
    begin(key);
    out_ += json;
  }

  // For a value that is written right after.
  void begin(std::string_view key) {
    if (out_.back() != '{') out_ += ',';
    out_.append("\"").append(key).append("\":");
  }

  void finish() { out_ += '}'; }

 private:
  std::string& out_;
};

void write_client(const AuditRecord& record, std::string& out) {
  Line client(out);
  client.text("name", record.client);
  const policy::Peer& peer = *record.peer;
  if (peer.credentials) {
    client.number("uid", peer.credentials->uid);
    client.number("gid", peer.credentials->gid);
    client.number("pid", peer.credentials->pid);
  }
  client.text_unless_empty("address", peer.address);
  if (peer.certificate) {
    client.text_unless_empty("common_name", peer.certificate->common_name);
    client.text("fingerprint_sha256", peer.certificate->fingerprint_sha256);
  }
  client.finish();
}

void write_operation(const AuditRecord& record, Line& line) {
  if (record.operation == nullptr) {
    line.text("method", record.method);
    line.text("path", record.path);
    return;
  }
  line.text("operation", record.operation->id);
  if (record.api) {
    line.text("api", std::to_string(record.api->major) + "." + std::to_string(record.api->minor));
  }
  line.text_unless_empty("object", record.object);
}

void write_reasons(const std::vector<policy::Reason>& reasons, std::string& out) {
  out += '[';
  for (const policy::Reason& reason : reasons) {
    if (&reason != &reasons.front()) out += ',';
    Line line(out);
    line.text("rule", reason.rule);
    line.text("at", reason.at);
    line.text("value", reason.value);
    line.text("mend", reason.mend);
    line.finish();
  }
  out += ']';
}

std::int64_t microseconds_since(Clock::time_point began) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began).count();
}

}  // namespace

void write_record(AuditEvent event, const AuditRecord& record, std::string& out) {
  Line line(out);
  out += "\"time\":\"";
  write_now(out);
  out += '"';
  line.text("id", record.id);
  line.text("event", name_of(event));
  line.begin("client");
  write_client(record, out);
  line.text("listener", record.peer->listener);
  write_operation(record, line);
  if (event != AuditEvent::outcome && !record.asked.empty()) line.raw("asked", record.asked);
  line.text_unless_empty("policy", record.policy);
  line.text("verdict", name_of(record.verdict));
  // A build can be refused after its decision, once its Dockerfile has come.
  const bool tells_why = event != AuditEvent::outcome || record.verdict == AuditVerdict::refuse;
  if (tells_why && !record.reasons.empty()) {
    line.begin("reasons");
    write_reasons(record.reasons, out);
  }
  if (event != AuditEvent::decision) {
    line.number("status", record.status);
    line.number("bytes_in", static_cast<std::int64_t>(record.bytes_in));
    line.number("bytes_out", static_cast<std::int64_t>(record.bytes_out));
    line.number("duration_us", microseconds_since(record.began));
    line.text("ended", record.ended);
  }
  line.finish();
  out += '\n';
}

Result<std::unique_ptr<Audit>> Audit::open(const std::string& file) {
  const int descriptor =
      file == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                  : ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor < 0) {
    return boost::system::error_code(errno, boost::system::system_category());
  }
  return std::make_unique<Audit>(descriptor);
}

Audit::~Audit() { ::close(descriptor_); }

// A line that went out in part counts as not written: what mutates must not follow it.
Result<void> Audit::write(std::string_view line) {
  ssize_t written = -1;
  do {
    written = ::write(descriptor_, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(line.size())) return Result<void>();
  const int code = written < 0 ? errno : ENOSPC;
  return boost::system::error_code(code, boost::system::system_category());
}

}  // namespace dockgate::proxy
