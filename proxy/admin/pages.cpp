#include "proxy/admin/pages.h"

#include <ctime>
#include <map>

#include "policy/json.h"
#include "proxy/metrics/report.h"

namespace dockgate::proxy {
namespace {

// A worker that gives no sign for so long is stuck.
constexpr std::chrono::seconds silence{10};

std::string quoted(std::string_view text) {
  std::string out;
  policy::write_json_string(text, out);
  return out;
}

std::string rfc3339(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text, length};
}

Page status(unsigned code, std::string_view text) {
  return {.status = code, .text = "{\"status\":" + quoted(text) + "}\n"};
}

std::string described(const policy::Policy& one,
                      const std::vector<const policy::Client*>& clients) {
  std::string out = "{\"name\":" + quoted(one.name);
  out += ",\"digest\":" + quoted(one.digest);
  out += one.mode == policy::Mode::warn ? ",\"mode\":\"warn\"" : ",\"mode\":\"enforce\"";
  out += ",\"clients\":[";
  for (const policy::Client* const client : clients) {
    if (out.back() != '[') out += ',';
    out += quoted(client->name);
  }
  return out + "]}";
}

}  // namespace

Task<Page> Pages::page(std::string path, Engine& engine) const {
  if (path == "/metrics") co_return co_await metrics(engine);
  if (path == "/readyz") co_return co_await readiness(engine);
  if (path == "/healthz") co_return health();
  if (path == "/policy") co_return policy();
  co_return status(404, "there are /metrics, /healthz, /readyz and /policy here");
}

Task<Page> Pages::metrics(Engine& engine) const {
  // What is asked for in between stays in force until it is answered.
  const InForce generation = reloader_.in_force();
  const Clock::time_point began = Clock::now();
  const std::string trouble = co_await ping(engine, generation->settings);
  Sources sources{.generation = *generation,
                  .reloads = reloader_.reloads(),
                  .audit = recorder_.state(),
                  .tallies = {},
                  .doors = doors(),
                  .engine_answers = trouble.empty(),
                  .engine_time = Clock::now() - began};
  for (const auto& worker : workers_) sources.tallies.push_back(&worker->tally());
  Page out{.status = 200, .content_type = "text/plain; version=0.0.4; charset=utf-8", .text = {}};
  out.text = report(sources);
  co_return out;
}

Task<Page> Pages::readiness(Engine& engine) const {
  Page healthy = health();
  if (healthy.status != 200) co_return healthy;
  const InForce generation = reloader_.in_force();
  const std::string trouble = co_await ping(engine, generation->settings);
  if (trouble.empty()) co_return status(200, "ready");
  co_return status(503, trouble);
}

Page Pages::health() const {
  if (heartbeat_.all_alive(silence)) return status(200, "ok");
  return status(503, "a worker has not answered for a while");
}

Page Pages::policy() const {
  const Generation& now = *reloader_.in_force();
  // A policy is compiled for each client that has it.
  std::map<std::string, std::vector<const policy::Client*>> by_name;
  for (const policy::Client& client : now.settings.clients) {
    by_name[client.policy->name].push_back(&client);
  }
  Page out;
  out.text = "{\"generation\":" + std::to_string(now.number) + ",\"digest\":" + quoted(now.digest) +
             ",\"loaded\":" + quoted(rfc3339(now.loaded)) + ",\"policies\":[";
  for (const auto& [name, clients] : by_name) {
    if (out.text.back() != '[') out.text += ',';
    out.text += described(*clients.front()->policy, clients);
  }
  out.text += "]}\n";
  return out;
}

std::vector<DoorState> Pages::doors() const {
  std::vector<DoorState> out = reception_.doors();
  if (admin_door_ != nullptr) out.push_back(admin_door_->state());
  return out;
}

}  // namespace dockgate::proxy
