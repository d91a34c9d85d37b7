#include "proxy/audit/report.h"

#include <cerrno>
#include <cstring>
#include <string_view>

#include "policy/strict_json.h"
#include "proxy/audit/lines.h"
#include "proxy/audit/plain_text.h"

namespace dockgate::proxy::audit {
namespace {

using policy::Json;
using policy::string_or;

constexpr std::size_t minute_size = 16;
constexpr std::size_t longest_value = 200;
constexpr std::size_t most_rows = 25;

void count(std::string_view verdict, Counts& counts) {
  if (verdict == "allow") {
    ++counts.allowed;
  } else if (verdict == "would_refuse") {
    ++counts.would_refuse;
  } else {
    ++counts.refused;
  }
}

std::string operation_of(const Json& record) {
  return std::string(string_or(record.find("operation"), "no known operation"));
}

std::string client_of(const Json& record) {
  const Json* const client = record.find("client");
  const std::string_view name = string_or(client == nullptr ? nullptr : client->find("name"), "");
  return name.empty() ? "nobody" : std::string(name);
}

void add_refusals(const Json& record, std::string_view verdict, Report& report) {
  const Json* const reasons = record.find("reasons");
  if (reasons == nullptr || verdict == "allow") return;
  for (const Json& reason : reasons->items) {
    RefusalSum& sum = report.refusals[{
        client_of(record), operation_of(record), std::string(string_or(reason.find("rule"), ""))}];
    ++sum.count;
    sum.last_time = string_or(record.find("time"), "");
    sum.last_value = string_or(reason.find("value"), "").substr(0, longest_value);
    sum.waived = verdict == "would_refuse";
  }
}

// A request that has a decision is counted by that, any other by its one record.
void add(const Json& record, Report& report) {
  const std::string_view event = string_or(record.find("event"), "");
  if (event == "resumes") {
    report.unrecorded +=
        static_cast<std::uint64_t>(policy::integer_or_zero(record.find("refused")) +
                                   policy::integer_or_zero(record.find("lost")));
  }
  if (event != "decision" && event != "request") return;
  const std::string time(string_or(record.find("time"), ""));
  if (report.first.empty() || time < report.first) report.first = time;
  if (time > report.last) report.last = time;
  const std::string_view verdict = string_or(record.find("verdict"), "");
  count(verdict, report.total);
  count(verdict, report.by_client[client_of(record)]);
  count(verdict, report.by_operation[operation_of(record)]);
  count(verdict, report.by_minute[time.substr(0, minute_size)]);
  add_refusals(record, verdict, report);
}

std::string row(const std::string& name, const Counts& counts) {
  std::string line = "  " + plain(name);
  line.resize(std::max<std::size_t>(line.size(), 34), ' ');
  line += " " + std::to_string(counts.all()) + " requests";
  if (counts.refused != 0) line += ", " + std::to_string(counts.refused) + " refused";
  if (counts.would_refuse != 0) {
    line += ", " + std::to_string(counts.would_refuse) + " would be refused";
  }
  return line + "\n";
}

std::string rows(const std::map<std::string, Counts>& sums) {
  std::string text;
  std::size_t shown = 0;
  for (const auto& [name, counts] : ranked(sums, [](const Counts& one) { return one.all(); })) {
    if (++shown > most_rows) break;
    text += row(name, counts);
  }
  return text;
}

}  // namespace

Report report_of(const std::vector<std::string>& files, const Filter& filter) {
  Report report;
  for (const std::string& file : files) {
    auto lines = Lines::open(file);
    if (!lines) {
      report.unreadable = file + " cannot be read: " + std::strerror(errno);
      return report;
    }
    for (auto line = lines->next(); line && line->whole; line = lines->next()) {
      const auto record = policy::parse_json(line->text, "");
      if (record && filter.lets_pass(*record)) add(*record, report);
    }
    if (!lines->error().empty()) report.unreadable = file + ": " + lines->error();
  }
  return report;
}

std::string as_text(const Report& report) {
  if (report.total.all() == 0) return "no requests\n";
  std::string text = report.first + " to " + report.last + "\n" + row("all", report.total);
  if (report.unrecorded != 0) {
    text += "  " + std::to_string(report.unrecorded) +
            " requests or ends were not recorded, because nothing could be written\n";
  }
  text += "\nclients\n" + rows(report.by_client) + "\noperations\n" + rows(report.by_operation);
  if (!report.refusals.empty()) text += "\nwho was refused what\n";
  std::size_t shown = 0;
  for (const auto& [key, sum] :
       ranked(report.refusals, [](const RefusalSum& one) { return one.count; })) {
    if (++shown > most_rows) break;
    text += "  " + std::to_string(sum.count) + " x " + plain(key.client) + " " +
            plain(key.operation) + " " + plain(key.rule) + (sum.waived ? " (let through)" : "") +
            "\n      last " + sum.last_time + ": " + plain(sum.last_value) + "\n";
  }
  return text;
}

}  // namespace dockgate::proxy::audit
