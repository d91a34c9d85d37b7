// The report as a page. Charts are SVG, written here; the page's own policy forbids scripts and
// everything from elsewhere, so that not even a name that got past the escaping could do anything.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "proxy/audit/plain_text.h"
#include "proxy/audit/report.h"

namespace dockgate::proxy::audit {
namespace {

constexpr std::size_t most_bars = 15;
constexpr std::int64_t most_columns = 60;
constexpr std::size_t most_rows = 200;
constexpr double chart_width = 900;
constexpr double chart_height = 160;
constexpr double bar_height = 22;

constexpr std::string_view head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>dockgate: audit report</title>
<style>
:root { color-scheme: light dark; --ink: #1c1e21; --soft: #5f6670; --paper: #fff; --line: #dfe3e8;
  --allow: #2f7d4f; --warn: #b7791f; --refuse: #c0392b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #9aa3ad; --paper: #16181c;
  --line: #33383f; --allow: #57b27c; --warn: #dba54a; --refuse: #ef6f61; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
p.period, figcaption, .soft { color: var(--soft); margin: .2rem 0; }
.numbers { display: flex; flex-wrap: wrap; gap: 2.5rem; margin: 1.5rem 0 0; }
.numbers b { display: block; font-size: 1.9rem; line-height: 1.2; }
.allow { color: var(--allow); fill: var(--allow); } .warn { color: var(--warn); fill: var(--warn); }
.refuse { color: var(--refuse); fill: var(--refuse); }
figure { margin: 0; } svg { width: 100%; height: auto; display: block; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .soft { fill: var(--soft); }
table { border-collapse: collapse; width: 100%; } th { text-align: left; color: var(--soft); }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .8rem .35rem 0;
  vertical-align: top; } td.v { overflow-wrap: anywhere; } td.n, th.n { text-align: right; }
</style></head><body>
)";

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

std::string rectangle(double x, double y, double width, double height, std::string_view style) {
  return "<rect class=\"" + std::string(style) + "\" x=\"" + number(x) + "\" y=\"" + number(y) +
         "\" width=\"" + number(width) + "\" height=\"" + number(height) + "\"/>";
}

std::string label(double x, double y, std::string_view text, std::string_view more = "") {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\"" + std::string(more) + ">" +
         in_html(text) + "</text>";
}

std::string svg(double height, std::string_view title, const std::string& content) {
  return "<figure><svg role=\"img\" viewBox=\"0 0 " + number(chart_width) + " " + number(height) +
         "\"><title>" + in_html(title) + "</title>" + content + "</svg></figure>\n";
}

// Allowed, would be refused, refused, one after the other, `scale` for each request.
std::string stacked_bar(double x, double y, double scale, const Counts& counts) {
  const double allowed = static_cast<double>(counts.allowed) * scale;
  const double warned = static_cast<double>(counts.would_refuse) * scale;
  const double refused = static_cast<double>(counts.refused) * scale;
  constexpr double thickness = bar_height - 6;
  std::string out;
  if (allowed > 0) out += rectangle(x, y, allowed, thickness, "allow");
  if (warned > 0) out += rectangle(x + allowed, y, warned, thickness, "warn");
  if (refused > 0) out += rectangle(x + allowed + warned, y, refused, thickness, "refuse");
  return out;
}

std::string bars(std::string_view title, const std::map<std::string, Counts>& sums) {
  constexpr double names = 240;
  constexpr double room = chart_width - names - 80;
  const auto all = ranked(sums, [](const Counts& one) { return one.all(); });
  const std::size_t shown = std::min(all.size(), most_bars);
  std::string content;
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& [name, counts] = all[i];
    const double y = static_cast<double>(i) * bar_height;
    const double scale = room / static_cast<double>(all.front().second.all());
    const double width = static_cast<double>(counts.all()) * scale;
    content += "<g>" + label(names - 8, y + 13, name.substr(0, 60), " text-anchor=\"end\"") +
               stacked_bar(names, y, scale, counts) +
               label(names + width + 6, y + 13, std::to_string(counts.all()), " class=\"soft\"") +
               "</g>";
  }
  return svg(static_cast<double>(shown) * bar_height + 4, title, content);
}

// Minutes since 1970 of `2026-11-24T15:30`, and back.
std::int64_t minute_of(const std::string& text) {
  std::tm parts{};
  ::strptime(text.c_str(), "%Y-%m-%dT%H:%M", &parts);
  return ::timegm(&parts) / 60;
}

std::string text_of_minute(std::int64_t minute) {
  const std::time_t seconds = minute * 60;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts)};
}

// As many minutes to a column as are needed for there to be few enough; quiet ones are empty.
std::vector<std::pair<std::string, Counts>> columns_of(const Report& report) {
  const std::int64_t first = minute_of(report.by_minute.begin()->first);
  const std::int64_t last = minute_of(report.by_minute.rbegin()->first);
  const std::int64_t together = std::max<std::int64_t>((last - first) / most_columns + 1, 1);
  std::vector<std::pair<std::string, Counts>> columns;
  for (std::int64_t minute = first; minute <= last; minute += together) {
    columns.emplace_back(text_of_minute(minute), Counts());
  }
  for (const auto& [minute, counts] : report.by_minute) {
    const std::int64_t column = (minute_of(minute) - first) / together;
    Counts& sum = columns[static_cast<std::size_t>(column)].second;
    sum.allowed += counts.allowed;
    sum.would_refuse += counts.would_refuse;
    sum.refused += counts.refused;
  }
  return columns;
}

std::string over_time(const Report& report) {
  const auto columns = columns_of(report);
  std::uint64_t most = 1;
  for (const auto& [minute, counts] : columns) most = std::max(most, counts.all());
  const double step = std::min(chart_width / static_cast<double>(columns.size()), 60.0);
  const double scale = (chart_height - 40) / static_cast<double>(most);
  std::string content;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const auto& [minute, counts] = columns[i];
    double y = chart_height - 20;
    content += "<g><title>" + in_html(minute) + ": " + std::to_string(counts.all()) +
               " requests, " + std::to_string(counts.refused) + " refused</title>";
    const std::pair<std::uint64_t, std::string_view> parts[] = {
        {counts.allowed, "allow"}, {counts.would_refuse, "warn"}, {counts.refused, "refuse"}};
    for (const auto& [amount, style] : parts) {
      const double height = static_cast<double>(amount) * scale;
      y -= height;
      if (amount != 0) {
        content +=
            rectangle(static_cast<double>(i) * step + 1, y, std::max(step - 2, 1.0), height, style);
      }
    }
    content += "</g>";
  }
  content += label(0, chart_height - 4, columns.front().first, " class=\"soft\"");
  if (columns.size() > 6) {
    const double right = static_cast<double>(columns.size()) * step;
    content +=
        label(right, chart_height - 4, columns.back().first, " class=\"soft\" text-anchor=\"end\"");
  }
  content += label(0, 12, std::to_string(most) + " requests", " class=\"soft\"");
  return svg(chart_height, "requests over time", content);
}

std::string refusals(const Report& report) {
  if (report.refusals.empty()) return "<p class=\"soft\">nobody</p>\n";
  std::string out =
      "<table><thead><tr><th class=\"n\">times</th><th>client</th><th>operation</th><th>rule</th>"
      "<th>last asked for</th><th>last time</th></tr></thead><tbody>\n";
  std::size_t shown = 0;
  for (const auto& [key, sum] :
       ranked(report.refusals, [](const RefusalSum& one) { return one.count; })) {
    if (++shown > most_rows) break;
    out += "<tr><td class=\"n\">" + std::to_string(sum.count) + "</td><td>" + in_html(key.client) +
           "</td><td>" + in_html(key.operation) + "</td><td class=\"" +
           (sum.waived ? "warn" : "refuse") + "\">" + in_html(key.rule) +
           (sum.waived ? " (let through)" : "") + "</td><td class=\"v\">" +
           in_html(sum.last_value) + "</td><td>" + in_html(sum.last_time.substr(0, 19)) +
           "</td></tr>\n";
  }
  return out + "</tbody></table>\n";
}

std::string figure(std::uint64_t value, std::string_view what, std::string_view style) {
  return "<div><b class=\"" + std::string(style) + "\">" + std::to_string(value) + "</b>" +
         std::string(what) + "</div>";
}

}  // namespace

std::string as_html(const Report& report) {
  std::string out(head);
  out += "<h1>Audit report</h1>\n";
  if (report.total.all() == 0) return out + "<p class=\"period\">no requests</p></body></html>\n";
  out += "<p class=\"period\">" + in_html(report.first) + " to " + in_html(report.last) + "</p>\n";
  out += "<div class=\"numbers\">" + figure(report.total.all(), "requests", "") +
         figure(report.total.allowed, "allowed", "allow") +
         figure(report.total.would_refuse, "would be refused", "warn") +
         figure(report.total.refused, "refused", "refuse") +
         figure(report.refusals.size(), "kinds of refusals", "") + "</div>\n";
  if (report.unrecorded != 0) {
    out += "<p class=\"refuse\">" + std::to_string(report.unrecorded) +
           " requests or ends were not recorded, because nothing could be written.</p>\n";
  }
  out += "<h2>Over time</h2>\n" + over_time(report);
  out += "<h2>Who was refused what</h2>\n" + refusals(report);
  out += "<h2>Operations</h2>\n" + bars("requests by operation", report.by_operation);
  out += "<h2>Clients</h2>\n" + bars("requests by client", report.by_client);
  return out + "</body></html>\n";
}

}  // namespace dockgate::proxy::audit
