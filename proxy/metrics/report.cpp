#include "proxy/metrics/report.h"

#include <array>
#include <map>
#include <utility>

#include "proxy/metrics/exposition.h"
#include "proxy/metrics/process.h"

namespace dockgate::proxy {
namespace {

constexpr double microseconds_a_second = 1e6;
constexpr std::size_t verdicts = std::size(all_verdicts);
using ByVerdict = std::array<std::uint64_t, verdicts>;
using Tallies = std::vector<const Tally*>;

// A client's counters of all workers, added up.
struct ClientSum {
  std::vector<ByVerdict> requests{operation_count()};
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
};

std::map<std::string, ClientSum> clients_of(const Tallies& tallies) {
  std::map<std::string, ClientSum> out;
  for (const Tally* const tally : tallies) {
    tally->clients.for_each([&out](const std::string& name, const ClientTally& client) {
      ClientSum& sum = out[name];
      for (std::size_t i = 0; i < client.requests.size(); ++i) {
        for (std::size_t v = 0; v < verdicts; ++v) {
          sum.requests[i][v] += client.requests[i][v].value();
        }
      }
      sum.bytes_in += client.bytes_in.value();
      sum.bytes_out += client.bytes_out.value();
    });
  }
  return out;
}

template <class Number>
Number sum_of(const Tallies& tallies, Number (*read)(const Tally&)) {
  Number sum = 0;
  for (const Tally* const tally : tallies) sum += read(*tally);
  return sum;
}

template <class Kind>
typename Kind::Seen seen_by(const Tallies& tallies, Kind Tally::*member) {
  typename Kind::Seen seen;
  for (const Tally* const tally : tallies) (tally->*member).add_to(seen);
  return seen;
}

std::map<std::string, std::uint64_t> named(const Tallies& tallies, ByName<Counter> Tally::*member) {
  std::map<std::string, std::uint64_t> out;
  for (const Tally* const tally : tallies) {
    (tally->*member).for_each([&out](const std::string& name, const Counter& counter) {
      out[name] += counter.value();
    });
  }
  return out;
}

void write_requests(const Tallies& tallies, Exposition& out) {
  const auto clients = clients_of(tallies);
  out.counter("dockgate_requests_total",
              "Requests that have ended, by operation, client and verdict; who is nobody's client "
              "has no name.");
  for (const auto& [name, client] : clients) {
    for (std::size_t i = 0; i < client.requests.size(); ++i) {
      for (const audit::Verdict verdict : all_verdicts) {
        const std::uint64_t count = client.requests[i][static_cast<std::size_t>(verdict)];
        if (count == 0) continue;
        out.sample(
            {{"operation", operation_name(i)}, {"client", name}, {"verdict", name_of(verdict)}},
            count);
      }
    }
  }
  out.counter("dockgate_body_bytes_total",
              "Bytes of bodies and tunnels, in from clients and out to them.");
  for (const auto& [name, client] : clients) {
    out.sample({{"client", name}, {"direction", "in"}}, client.bytes_in);
    out.sample({{"client", name}, {"direction", "out"}}, client.bytes_out);
  }
}

void write_refusals(const Tallies& tallies, Exposition& out) {
  std::map<std::string, ByVerdict> rules;
  for (const Tally* const tally : tallies) {
    tally->rules.for_each([&rules](const std::string& rule, const auto& counts) {
      for (std::size_t v = 0; v < verdicts; ++v) rules[rule][v] += counts[v].value();
    });
  }
  out.counter("dockgate_refusals_total",
              "Reasons for refusals, by rule; with the verdict would_refuse what a policy in mode "
              "warn let through.");
  for (const auto& [rule, counts] : rules) {
    for (const audit::Verdict verdict : all_verdicts) {
      const std::uint64_t count = counts[static_cast<std::size_t>(verdict)];
      if (count != 0) out.sample({{"rule", rule}, {"verdict", name_of(verdict)}}, count);
    }
  }
  out.counter("dockgate_own_answers_total", "Answers that dockgate gave itself, by status.");
  for (const auto& [status, count] : named(tallies, &Tally::own_answers)) {
    out.sample({{"status", status}}, count);
  }
}

void write_distributions(const Tallies& tallies, Exposition& out) {
  out.histogram("dockgate_request_duration_seconds",
                "From the head of a request to the end of its answer, by operation.");
  for (std::size_t i = 0; i < operation_count(); ++i) {
    Times::Seen seen;
    for (const Tally* const tally : tallies) tally->durations[i].add_to(seen);
    if (seen.count() == 0) continue;
    out.sample({{"operation", operation_name(i)}}, seen, time_bounds, microseconds_a_second);
  }
  out.histogram("dockgate_request_body_bytes",
                "Bodies of requests, and what tunnels took from clients.");
  out.sample({}, seen_by(tallies, &Tally::sizes_in), size_bounds, 1);
  out.histogram("dockgate_response_body_bytes",
                "Bodies of answers, and what tunnels brought to clients.");
  out.sample({}, seen_by(tallies, &Tally::sizes_out), size_bounds, 1);
}

void write_under_way(const Sources& from, Exposition& out) {
  out.gauge("dockgate_connections", "Open connections, by listener.");
  for (const DoorState& door : from.doors) {
    out.sample({{"listener", door.address}}, std::uint64_t{*door.connections});
  }
  out.gauge("dockgate_client_connections", "Open connections, by client.");
  for (const policy::Client& client : from.generation.settings.clients) {
    out.sample({{"client", client.name}},
               std::uint64_t{from.generation.clients.of(client).connections()});
  }
  out.gauge("dockgate_requests_in_flight", "Requests under way, streams and tunnels included.");
  out.sample({}, sum_of<std::int64_t>(from.tallies, [](const Tally& one) {
               return one.requests.value();
             }));
  out.gauge("dockgate_streams", "Streams under way: logs, events, builds and the like.");
  out.sample(
      {}, sum_of<std::int64_t>(from.tallies, [](const Tally& one) { return one.streams.value(); }));
  out.gauge("dockgate_hijacked_connections", "Tunnels under way: attach, exec and the like.");
  out.sample(
      {}, sum_of<std::int64_t>(from.tallies, [](const Tally& one) { return one.tunnels.value(); }));
}

void write_engine(const Sources& from, Exposition& out) {
  out.gauge("dockgate_engine_up", "Whether the Engine answered when it was asked just now.");
  out.sample({}, std::uint64_t{from.engine_answers ? 1U : 0U});
  out.gauge("dockgate_engine_ping_seconds", "How long the Engine took to answer just now.");
  out.sample({}, static_cast<double>(microseconds(from.engine_time)) / microseconds_a_second);
  out.histogram("dockgate_engine_answer_seconds",
                "From what was forwarded to the head of the Engine's answer.");
  out.sample({}, seen_by(from.tallies, &Tally::engine_answers), time_bounds, microseconds_a_second);
  out.counter("dockgate_engine_failures_total",
              "Requests that were answered with 502, because the Engine was unreachable or its "
              "answer broken.");
  out.sample({{"kind", "unreachable"}}, sum_of<std::uint64_t>(from.tallies, [](const Tally& one) {
               return one.engine_unreachable.value();
             }));
  out.sample({{"kind", "broken"}}, sum_of<std::uint64_t>(from.tallies, [](const Tally& one) {
               return one.engine_broken.value();
             }));
  out.counter("dockgate_lookups_total",
              "What was looked up to judge requests, by what came of it.");
  for (const auto& [result, count] : named(from.tallies, &Tally::lookups)) {
    out.sample({{"result", result}}, count);
  }
}

void write_audit(const Sources& from, Exposition& out) {
  out.histogram("dockgate_audit_write_seconds",
                "How long decisions waited for their record to be written.");
  out.sample({}, seen_by(from.tallies, &Tally::decisions), time_bounds, microseconds_a_second);
  out.counter("dockgate_audit_records_total", "Records in the trail, since the start.");
  out.sample({}, from.audit.records);
  out.counter("dockgate_audit_failures_total", "Attempts to write records that failed.");
  out.sample({}, from.audit.failures);
  out.counter("dockgate_audit_refused_total", "Decisions that could not be recorded: refused.");
  out.sample({}, from.audit.refused);
  out.counter("dockgate_audit_lost_total", "Records that were dropped while nothing was written.");
  out.sample({}, from.audit.lost);
  out.gauge("dockgate_audit_waiting_bytes", "Records that are still to be written.");
  out.sample({}, from.audit.waiting);
}

double seconds_of(TlsEnds::TimePoint time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch());
  return static_cast<double>(seconds.count());
}

void write_ends(const std::vector<DoorState>& doors, Exposition& out) {
  out.gauge("dockgate_tls_expiry_timestamp_seconds",
            "When what a listener's TLS is made from ends, since the epoch.");
  for (const DoorState& door : doors) {
    if (!door.ends) continue;
    const std::pair<std::string_view, TlsEnds::TimePoint> ends[] = {
        {"certificate", door.ends->certificate},
        {"client_ca", door.ends->client_ca},
        {"crl", door.ends->crl}};
    for (const auto& [kind, end] : ends) {
      if (end == TlsEnds::TimePoint::max()) continue;
      out.sample({{"listener", door.address}, {"kind", kind}}, seconds_of(end));
    }
  }
}

void write_policy(const Sources& from, Exposition& out) {
  out.gauge("dockgate_policy_info", "What is in force: always 1.");
  out.sample({{"digest", from.generation.digest}}, std::uint64_t{1});
  out.gauge("dockgate_policy_generation", "How many settings have been in force so far.");
  out.sample({}, from.generation.number);
  out.gauge("dockgate_policy_loaded_timestamp_seconds", "Since when they are, since the epoch.");
  out.sample({}, seconds_of(from.generation.loaded));
  out.counter("dockgate_reloads_total", "Settings that were read while running.");
  out.sample({{"result", "done"}}, from.reloads.done);
  out.sample({{"result", "failed"}}, from.reloads.failed);
  out.gauge("dockgate_reload_failed", "Whether the settings that were read last cannot be used.");
  out.sample({}, std::uint64_t{from.reloads.last_failed ? 1U : 0U});
}

}  // namespace

std::string report(const Sources& sources) {
  Exposition out;
  write_requests(sources.tallies, out);
  write_refusals(sources.tallies, out);
  write_distributions(sources.tallies, out);
  write_under_way(sources, out);
  write_engine(sources, out);
  write_audit(sources, out);
  write_ends(sources.doors, out);
  write_policy(sources, out);
  out.gauge("dockgate_build_info", "What was built: always 1.");
  out.sample({{"version", DOCKGATE_VERSION}, {"compiler", __VERSION__}}, std::uint64_t{1});
  write_process(out);
  return out.text();
}

}  // namespace dockgate::proxy
