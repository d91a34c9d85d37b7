#include "proxy/audit/record.h"

#include <chrono>
#include <ctime>

#include "policy/strict_json.h"
#include "proxy/audit/members.h"

namespace dockgate::proxy::audit {
namespace {

std::string_view name_of(Event event) {
  switch (event) {
    case Event::decision:
      return "decision";
    case Event::outcome:
      return "outcome";
    case Event::request:
      return "request";
  }
  return "";
}

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::allow:
      return "allow";
    case Verdict::refuse:
      return "refuse";
    case Verdict::would_refuse:
      return "would_refuse";
  }
  return "";
}

std::string_view name_of(policy::ReferenceKind kind) {
  switch (kind) {
    case policy::ReferenceKind::container:
      return "container";
    case policy::ReferenceKind::exec:
      return "exec";
    case policy::ReferenceKind::volume:
      return "volume";
    case policy::ReferenceKind::network:
      return "network";
    case policy::ReferenceKind::image:
    case policy::ReferenceKind::pulled_image:
    case policy::ReferenceKind::newest_image:
      return "image";
    case policy::ReferenceKind::service:
      return "service";
    case policy::ReferenceKind::host_path:
    case policy::ReferenceKind::engine:
      break;
  }
  return "";
}

void write_certificate(const policy::Certificate& certificate, Members& client) {
  client.text_unless_empty("common_name", certificate.common_name);
  client.texts("dns", certificate.dns);
  client.texts("uri", certificate.uri);
  client.texts("email", certificate.email);
  client.texts("organization_unit", certificate.organization_unit);
  client.text("fingerprint_sha256", certificate.fingerprint_sha256);
  client.text_unless_empty("issuer", certificate.issuer);
}

void write_operation(const Record& record, Members& line) {
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
    Members line(out);
    line.text("rule", reason.rule);
    line.text("at", reason.at);
    line.text("value", reason.value);
    line.text("mend", reason.mend);
    line.finish();
  }
  out += ']';
}

std::uint64_t microseconds_since(Clock::time_point began) {
  const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
  return static_cast<std::uint64_t>(passed.count());
}

void write_end(const Record& record, Members& line) {
  line.number("status", record.status);
  line.number("bytes_in", record.bytes_in);
  line.number("bytes_out", record.bytes_out);
  line.number("duration_us", microseconds_since(record.began));
  line.text_unless_empty("created", record.created);
  line.text("ended", record.ended);
}

}  // namespace

std::string created_by(std::string_view answer) {
  constexpr std::size_t longest = 256;
  const auto read = policy::parse_json(answer, "");
  if (!read) return "";
  for (const char* const key : {"Id", "ID", "Name"}) {
    const std::string_view text = policy::string_or(read->find(key), "");
    if (!text.empty() && text.size() <= longest) return std::string(text);
  }
  return "";
}

void write_now(std::string& out) {
  using namespace std::chrono;
  // A second's text is made once: it is the dear part.
  thread_local std::time_t made_for = -1;
  thread_local char second[24];
  const auto now = duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
  if (const std::time_t this_second = now / 1'000'000; this_second != made_for) {
    std::tm parts{};
    ::gmtime_r(&this_second, &parts);
    std::strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%S.", &parts);
    made_for = this_second;
  }
  out += second;
  char micros[7] = {'0', '0', '0', '0', '0', '0', 'Z'};
  auto left = now % 1'000'000;
  for (int place = 5; left != 0; --place, left /= 10) {
    micros[place] = static_cast<char>('0' + left % 10);
  }
  out.append(micros, sizeof micros);
}

void write_evidence(std::string_view client, const policy::Peer& peer, std::string& out) {
  out += "\"client\":";
  Members who(out);
  who.text("name", client);
  if (peer.credentials) {
    who.number("uid", peer.credentials->uid);
    who.number("gid", peer.credentials->gid);
    who.raw("pid", std::to_string(peer.credentials->pid));
    who.text_unless_empty("executable", peer.credentials->executable);
  }
  who.text_unless_empty("address", peer.address);
  if (peer.certificate) write_certificate(*peer.certificate, who);
  who.finish();
  out += ",\"listener\":";
  policy::write_json_string(peer.listener, out);
}

void write_objects(const policy::Answers& answers, std::string& out) {
  for (const auto& [lookup, answer] : answers) {
    const std::string_view kind = name_of(lookup.kind);
    if (kind.empty() || answer.kind != policy::Answer::Kind::found) continue;
    const policy::Json* const found = answer.document();
    if (found == nullptr) continue;
    out += out.empty() ? '[' : ',';
    Members object(out);
    object.text("kind", kind);
    object.text("name", lookup.name);
    const std::string_view id =
        policy::string_or(found->find("Id"), policy::string_or(found->find("ID"), ""));
    object.text_unless_empty("id", id);
    object.finish();
  }
  if (!out.empty()) out += ']';
}

void write_record(Event event, const Record& record, std::string& out) {
  Members line(out);
  line.number("v", record_version);
  line.begin("time");
  out += '"';
  write_now(out);
  out += '"';
  line.text("id", record.id);
  line.text("event", name_of(event));
  out += ',';
  out += record.evidence;
  write_operation(record, line);
  if (event != Event::outcome) {
    if (!record.objects.empty()) line.raw("objects", record.objects);
    if (!record.asked.empty()) line.raw("asked", record.asked);
  }
  if (record.policy != nullptr) {
    line.text("policy", record.policy->name);
    line.text_unless_empty("policy_digest", record.policy->digest);
    line.text("mode", record.policy->mode == policy::Mode::enforce ? "enforce" : "warn");
  }
  line.text("verdict", name_of(record.verdict));
  // A build can be refused after its decision, once its Dockerfile has come.
  const bool tells_why = event != Event::outcome || record.verdict == Verdict::refuse;
  if (tells_why && !record.reasons.empty()) {
    line.begin("reasons");
    write_reasons(record.reasons, out);
  }
  if (event != Event::decision) write_end(record, line);
}

}  // namespace dockgate::proxy::audit
