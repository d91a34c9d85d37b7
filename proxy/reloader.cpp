#include "proxy/reloader.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "proxy/notify.h"
#include "proxy/program_log.h"

namespace dockgate::proxy {
namespace {

std::string microseconds_now() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

bool is_same_but_for_tls(const policy::Listen& one, const policy::Listen& other) {
  return one.mode == other.mode && one.group == other.group &&
         one.in_private_folder == other.in_private_folder;
}

}  // namespace

Reloader::Reloader(Source source, InForce first, Install install)
    : source_(std::move(source)),
      watch_(source_.files),
      in_force_(std::move(first)),
      install_(std::move(install)) {
  watch_.begin_reading();
}

void Reloader::reload() {
  notify_supervisor("RELOADING=1\nMONOTONIC_USEC=" + microseconds_now());
  const std::string problem = take_over();
  reloads_.last_failed = !problem.empty();
  ++(problem.empty() ? reloads_.done : reloads_.failed);
  if (!problem.empty()) {
    spdlog::error("{}; going on with generation {}", problem, in_force_->number);
  }
  notify_supervisor("READY=1");
}

std::string Reloader::take_over() {
  watch_.begin_reading();
  auto settings = source_.load();
  if (!settings) {
    for (const policy::Problem& problem : settings.error()) spdlog::error("{}", problem.text());
    return "the settings cannot be used";
  }
  for (const std::string& name : what_needs_a_restart(in_force_->settings, *settings)) {
    return "`" + name + "` cannot change while dockgate runs: restart it, or set it back";
  }
  if (std::string objection = source_.objection(*settings); !objection.empty()) return objection;
  auto newer = std::make_shared<const Generation>(std::move(*settings), in_force_.get());
  std::string problem = newer->problem();
  if (problem.empty()) problem = install_(newer);
  if (!problem.empty()) return problem;
  in_force_ = std::move(newer);
  set_log(in_force_->settings.log);
  spdlog::info("generation {} is in force: {}", in_force_->number, in_force_->digest);
  return "";
}

std::vector<std::string> what_needs_a_restart(const policy::Settings& now,
                                              const policy::Settings& wanted) {
  std::vector<std::string> out;
  if (now.audit != wanted.audit) out.emplace_back("audit");
  if (now.admin != wanted.admin) out.emplace_back("admin");
  if (now.confinement != wanted.confinement) out.emplace_back("confinement");
  if (now.threads != wanted.threads) out.emplace_back("threads");
  for (const policy::Listen& one : now.listen) {
    const auto same = std::find_if(
        wanted.listen.begin(), wanted.listen.end(), [&one](const policy::Listen& other) {
          return one.address == other.address;
        });
    if (same == wanted.listen.end() || is_same_but_for_tls(one, *same)) continue;
    out.push_back("mode and group of " + one.text());
  }
  return out;
}

}  // namespace dockgate::proxy
