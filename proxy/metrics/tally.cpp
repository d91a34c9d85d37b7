#include "proxy/metrics/tally.h"

namespace dockgate::proxy {

std::size_t operation_count() { return policy::all_operations().size() + 1; }

std::size_t number_of(const policy::Operation* operation) {
  if (operation == nullptr) return policy::all_operations().size();
  return static_cast<std::size_t>(operation - policy::all_operations().data());
}

std::string_view operation_name(std::size_t number) {
  const auto all = policy::all_operations();
  return number < all.size() ? all[number].id : "unknown";
}

std::string_view name_of(audit::Verdict verdict) {
  switch (verdict) {
    case audit::Verdict::refuse:
      return "refuse";
    case audit::Verdict::would_refuse:
      return "would_refuse";
    case audit::Verdict::allow:
      break;
  }
  return "allow";
}

void Tally::count(ClientTally& client, const audit::Record& record) {
  const std::size_t operation = number_of(record.operation);
  const auto verdict = static_cast<std::size_t>(record.verdict);
  client.requests[operation][verdict].add();
  client.bytes_in.add(record.bytes_in);
  client.bytes_out.add(record.bytes_out);
  durations[operation].observe(microseconds(Clock::now() - record.began));
  sizes_in.observe(record.bytes_in);
  sizes_out.observe(record.bytes_out);
  if (record.verdict == audit::Verdict::allow) return;
  for (const policy::Reason& reason : record.reasons) rules.at(reason.rule)[verdict].add();
}

}  // namespace dockgate::proxy
