#include "proxy/metrics/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace dockgate::proxy {
namespace {

// The fields of /proc/self/stat behind the name, which may hold blanks: from `state`, the third.
std::vector<std::string> fields_of_stat() {
  std::ifstream file("/proc/self/stat");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::istringstream rest(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  return {std::istream_iterator<std::string>(rest), {}};
}

std::uint64_t boot_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  std::uint64_t seconds = 0;
  while (file >> word) {
    if (word == "btime" && file >> seconds) break;
  }
  return seconds;
}

std::uint64_t open_descriptors() {
  std::error_code unknown;
  const std::filesystem::directory_iterator all("/proc/self/fd", unknown);
  if (unknown) return 0;
  // One of them is this look's own.
  return static_cast<std::uint64_t>(std::distance(begin(all), end(all))) - 1;
}

}  // namespace

void write_process(Exposition& out) {
  constexpr std::size_t user = 11, system = 12, threads = 17, start = 19, size = 20, resident = 21;
  const std::vector<std::string> fields = fields_of_stat();
  if (fields.size() > resident) {
    const auto number = [&fields](std::size_t i) { return std::stoull(fields[i]); };
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    out.counter("process_cpu_seconds_total", "Processor time used, user and system.");
    out.sample({}, static_cast<double>(number(user) + number(system)) / ticks);
    out.gauge("process_start_time_seconds", "When the program began, since the epoch.");
    out.sample({}, static_cast<double>(boot_time()) + static_cast<double>(number(start)) / ticks);
    out.gauge("process_threads", "Threads of the program.");
    out.sample({}, std::uint64_t{number(threads)});
    out.gauge("process_virtual_memory_bytes", "Address space in use.");
    out.sample({}, std::uint64_t{number(size)});
    out.gauge("process_resident_memory_bytes", "Memory in use.");
    out.sample({}, std::uint64_t{number(resident) * page});
  }
  out.gauge("process_open_fds", "Open descriptors.");
  out.sample({}, open_descriptors());
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  out.gauge("process_max_fds", "Descriptors that may be open.");
  out.sample({}, std::uint64_t{limit.rlim_cur});
}

}  // namespace dockgate::proxy
