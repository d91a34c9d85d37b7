#include "proxy/program_log.h"

#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <ctime>
#include <memory>
#include <string>

#include "policy/json.h"

namespace dockgate::proxy {
namespace {

class JsonLines final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string line = "{\"time\":\"" + time_of(message) + "\",\"level\":\"";
    line += policy::name_of(level_of(message.level));
    line += "\",\"message\":";
    policy::write_json_string({message.payload.data(), message.payload.size()}, line);
    line += "}\n";
    out.append(line.data(), line.data() + line.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonLines>();
  }

 private:
  static std::string time_of(const spdlog::details::log_msg& message) {
    using namespace std::chrono;
    const auto since = message.time.time_since_epoch();
    const std::time_t seconds = system_clock::to_time_t(message.time);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[48];
    std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    const auto milliseconds = duration_cast<std::chrono::milliseconds>(since).count() % 1000;
    length += static_cast<std::size_t>(std::snprintf(
        text + length, sizeof text - length, ".%03dZ", static_cast<int>(milliseconds)));
    return {text, length};
  }

  static policy::Log::Level level_of(spdlog::level::level_enum level) {
    if (level <= spdlog::level::debug) return policy::Log::Level::debug;
    if (level == spdlog::level::info) return policy::Log::Level::info;
    return level == spdlog::level::warn ? policy::Log::Level::warn : policy::Log::Level::error;
  }
};

spdlog::level::level_enum level_of(policy::Log::Level level) {
  return spdlog::level::from_str(std::string(policy::name_of(level)));
}

}  // namespace

void open_log() { spdlog::set_default_logger(spdlog::stderr_color_mt("dockgate")); }

void set_log(const policy::Log& log) {
  spdlog::set_level(level_of(log.level));
  if (log.format == policy::Log::Format::json) {
    spdlog::set_formatter(std::make_unique<JsonLines>());
  } else {
    spdlog::set_formatter(std::make_unique<spdlog::pattern_formatter>());
  }
}

}  // namespace dockgate::proxy
