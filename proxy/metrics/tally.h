// What one worker has seen: counted on its thread without locks or text, and added up with those of
// the others when somebody asks. The names in it are bounded: clients are those of the settings,
// operations those of the table, rules the program's own.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "policy/api/operations.h"
#include "policy/verdict.h"
#include "proxy/audit/record.h"
#include "proxy/metrics/by_name.h"
#include "proxy/metrics/counter.h"
#include "proxy/metrics/histogram.h"

namespace dockgate::proxy {

// Operations have numbers here: their row, and one more for what is none of them.
std::size_t operation_count();
std::size_t number_of(const policy::Operation* operation);
std::string_view operation_name(std::size_t number);

inline constexpr audit::Verdict all_verdicts[] = {
    audit::Verdict::refuse, audit::Verdict::would_refuse, audit::Verdict::allow};

std::string_view name_of(audit::Verdict verdict);

struct ClientTally {
  using ByVerdict = std::array<Counter, std::size(all_verdicts)>;

  std::vector<ByVerdict> requests{operation_count()};
  Counter bytes_in;  // of bodies and tunnels
  Counter bytes_out;
};

class Tally {
 public:
  // `client` is "" for who is nobody's.
  ClientTally& of(std::string_view client) { return clients.at(client); }

  // A request that has ended, by its record.
  void count(ClientTally& client, const audit::Record& record);

  ByName<ClientTally> clients;
  std::vector<Times> durations{operation_count()};
  Sizes sizes_in;
  Sizes sizes_out;
  ByName<std::array<Counter, std::size(all_verdicts)>> rules;  // of refusals and of waived ones
  ByName<Counter> own_answers;                                 // by status
  ByName<Counter> lookups;                                     // by what came of them
  Gauge requests;                                              // under way
  Gauge streams;
  Gauge tunnels;
  Times engine_answers;  // from a request to the head of its answer
  Counter engine_unreachable;
  Counter engine_broken;  // answers that are none
  Times decisions;  // until they were recorded
};

}  // namespace dockgate::proxy
