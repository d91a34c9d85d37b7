#include "proxy/heartbeat.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace dockgate::proxy {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<audit::Recorder> trail_in_a_file() {
  policy::AuditSettings settings;
  settings.file = testing::TempDir() + "heartbeat_test.jsonl";
  auto recorder = audit::Recorder::open(settings);
  if (!recorder) throw std::runtime_error(recorder.error().text);
  return std::move(*recorder);
}

std::vector<std::unique_ptr<Worker>> one_worker(Shared& shared) {
  std::vector<std::unique_ptr<Worker>> out;
  out.push_back(std::make_unique<Worker>(
      shared, std::make_shared<const Generation>(policy::Settings{}, nullptr)));
  return out;
}

TEST(Heartbeat, MissesAWorkerThatDoesNotRun) {
  const auto recorder = trail_in_a_file();
  confine::Executables executables;
  Shared shared{*recorder, executables};
  const auto workers = one_worker(shared);
  Heartbeat heartbeat(workers);
  EXPECT_TRUE(heartbeat.all_alive(1h));
  heartbeat.beat();
  std::this_thread::sleep_for(30ms);
  EXPECT_FALSE(heartbeat.all_alive(10ms));
}

TEST(Heartbeat, HearsOneThatRuns) {
  const auto recorder = trail_in_a_file();
  confine::Executables executables;
  Shared shared{*recorder, executables};
  const auto workers = one_worker(shared);
  Heartbeat heartbeat(workers);
  std::this_thread::sleep_for(30ms);
  heartbeat.beat();
  workers.front()->context().run_for(5ms);
  EXPECT_TRUE(heartbeat.all_alive(25ms));
  std::this_thread::sleep_for(30ms);
  heartbeat.beat();
  EXPECT_FALSE(heartbeat.all_alive(25ms));
}

}  // namespace
}  // namespace dockgate::proxy
