// Readers of limits, and of the image.
#include <string>

#include "policy/facts.h"
#include "policy/json.h"
#include "policy/place.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

void read_number(const Json& value, const Place& place, std::optional<AskedNumber>& out) {
  const std::int64_t number = integer_or_zero(&value);
  if (number != 0) out = AskedNumber{number, place.text()};
}

}  // namespace

void read_mem_limit(const Json& value, const Place& place, Facts& facts) {
  read_number(value, place, facts.mem_limit);
}

void read_memswap_limit(const Json& value, const Place& place, Facts& facts) {
  read_number(value, place, facts.memswap_limit);
}

void read_shm_size(const Json& value, const Place& place, Facts& facts) {
  read_number(value, place, facts.shm_size);
}

void read_nano_cpus(const Json& value, const Place& place, Facts& facts) {
  read_number(value, place, facts.nano_cpus);
}

void read_cpu_quota(const Json& value, const Place& place, Facts& facts) {
  read_number(value, place, facts.cpu_quota);
}

void read_cpu_period(const Json& value, const Place& place, Facts& facts) {
  read_number(value, place, facts.cpu_period);
}

void read_cpu_realtime_runtime(const Json& value, const Place& place, Facts& facts) {
  read_number(value, place, facts.cpu_realtime_runtime);
}

void read_pids_limit(const Json& value, const Place& place, Facts& facts) {
  if (integer_or_zero(&value) > 0) read_number(value, place, facts.pids_limit);
}

void read_oom_kill_disable(const Json& value, const Place& place, Facts& facts) {
  if (value.boolean) facts.oom_kill_disable = Asked{"true", place.text()};
}

void read_oom_score_adj(const Json& value, const Place& place, Facts& facts) {
  read_number(value, place, facts.oom_score_adj);
}

void read_ulimits(const Json& value, const Place& place, Facts& facts) {
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const Json& ulimit = value.items[i];
    facts.ulimits.push_back({std::string(string_or(ulimit.find("Name"), "")),
                             integer_or_zero(ulimit.find("Soft")),
                             integer_or_zero(ulimit.find("Hard")),
                             place.item(i).text()});
  }
}

void read_image(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.image = Asked{value.text, place.text()};
}

}  // namespace dockgate::policy
