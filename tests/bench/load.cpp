// The benchmark's own client, for what h2load does not do: TLS with a client's certificate, a new
// connection for each request, streams, tunnels, connections that say nothing.
//
//   bench_load MODE ADDRESS [NAME=VALUE]…
//
// It says what it measured as one line of JSON.
#include "tests/bench/load.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <utility>

#include "tests/bench/sockets.h"

namespace dockgate::bench {

Wishes::Wishes(int count, char** arguments, int first) {
  for (int i = first; i < count; ++i) {
    const std::string argument = arguments[i];
    const std::size_t equals = argument.find('=');
    values_[argument.substr(0, equals)] = argument.substr(equals + 1);
  }
}

std::string Wishes::text(const std::string& name, const std::string& otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second;
}

std::uint64_t Wishes::number(const std::string& name, std::uint64_t otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : std::strtoull(found->second.c_str(), nullptr, 10);
}

namespace {

constexpr std::pair<std::string_view, Measured (*)(const Target&, const Wishes&)> modes[] = {
    {"requests", send_requests},
    {"idle", stay_idle},
    {"receive", receive_stream},
    {"send", send_stream},
    {"echo", echo_latency},
    {"echo-stream", echo_stream},
};

// In microseconds; 0 where nothing was measured.
double percentile(std::vector<std::uint32_t>& sorted, std::size_t percent) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)] / 1000.0;
}

void print(Measured measured) {
  auto& times = measured.nanoseconds;
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"requests\": %llu, \"bad\": %llu, \"bytes\": %llu, \"seconds\": %.9f, \"p50\": %.3f, "
      "\"p99\": %.3f}\n",
      static_cast<unsigned long long>(measured.requests),
      static_cast<unsigned long long>(measured.bad),
      static_cast<unsigned long long>(measured.bytes),
      measured.seconds,
      percentile(times, 50),
      percentile(times, 99));
}

}  // namespace
}  // namespace dockgate::bench

int main(int count, char** arguments) {
  using namespace dockgate::bench;
  const auto* mode = std::end(modes);
  if (count >= 3) {
    mode = std::find_if(std::begin(modes), std::end(modes), [&](const auto& row) {
      return row.first == arguments[1];
    });
  }
  if (mode == std::end(modes)) {
    std::fputs("usage: bench_load MODE ADDRESS [NAME=VALUE]...\n", stderr);
    return 2;
  }
  raise_descriptor_limit();
  const Wishes wishes(count, arguments, 3);
  const Target target(arguments[2],
                      wishes.text("certificates", "."),
                      wishes.text("cipher", "TLS_AES_128_GCM_SHA256"));
  print(mode->second(target, wishes));
}
