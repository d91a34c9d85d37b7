// `dockgate audit report`: a period of a trail, summed up.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proxy/audit/filter.h"

namespace dockgate::proxy::audit {

// Of requests, each counted once.
struct Counts {
  std::uint64_t allowed = 0;
  std::uint64_t would_refuse = 0;
  std::uint64_t refused = 0;

  std::uint64_t all() const { return allowed + would_refuse + refused; }
};

// Who was refused what, by which rule.
struct RefusalKey {
  std::string client;
  std::string operation;
  std::string rule;

  friend auto operator<=>(const RefusalKey&, const RefusalKey&) = default;
};

struct RefusalSum {
  std::uint64_t count = 0;
  std::string last_time;
  std::string last_value;
  bool waived = false;  // the policy only warns
};

struct Report {
  std::string first;  // times, "" where there is no record
  std::string last;
  Counts total;
  std::map<std::string, Counts> by_client;
  std::map<std::string, Counts> by_operation;
  std::map<std::string, Counts> by_minute;  // `2026-11-24T15:30`
  std::map<RefusalKey, RefusalSum> refusals;
  std::uint64_t unrecorded = 0;  // requests refused and records lost while nothing could be written
  std::string unreadable;
};

Report report_of(const std::vector<std::string>& files, const Filter& filter);

std::string as_text(const Report& report);

// One page that needs nothing else: no scripts, nothing from elsewhere, all texts escaped.
std::string as_html(const Report& report);

// The largest first.
template <class Key, class Value, class Amount>
std::vector<std::pair<Key, Value>> ranked(const std::map<Key, Value>& sums, Amount amount) {
  std::vector<std::pair<Key, Value>> all(sums.begin(), sums.end());
  std::stable_sort(all.begin(), all.end(), [&amount](const auto& one, const auto& other) {
    return amount(one.second) > amount(other.second);
  });
  return all;
}

}  // namespace dockgate::proxy::audit
