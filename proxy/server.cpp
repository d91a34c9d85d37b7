#include "proxy/server.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "proxy/admin/admin.h"
#include "proxy/expiry_watch.h"
#include "proxy/heartbeat.h"
#include "proxy/notify.h"
#include "proxy/passed_sockets.h"
#include "proxy/reception.h"
#include "proxy/worker.h"

namespace dockgate::proxy {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// How often files are looked at.
constexpr std::chrono::seconds look_interval{1};

unsigned thread_count(const policy::Settings& settings) {
  if (settings.threads != 0) return settings.threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

std::vector<std::unique_ptr<Worker>> workers_for(Shared& shared, const InForce& first) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < thread_count(first->settings); ++i) {
    workers.push_back(std::make_unique<Worker>(shared, first));
  }
  return workers;
}

}  // namespace

// Requests are served by the workers alone. The thread that runs the server reads files, which may
// be slow, and waits for signals.
struct Server::Parts {
  Parts(Shared& shared, InForce first, Source source)
      : recorder(shared.recorder),
        workers(workers_for(shared, first)),
        reloader(std::move(source), std::move(first), [this](const InForce& newer) {
          return install(newer);
        }) {}

  // Runs `action` where the doors are, and waits for what it returns.
  template <class Action>
  auto at_reception(Action action) {
    auto task = std::make_shared<std::packaged_task<decltype(action())()>>(std::move(action));
    auto done = task->get_future();
    asio::post(workers.front()->context(), [task] { (*task)(); });
    return done.get();
  }

  std::string install(const InForce& newer) {
    return at_reception([this, newer] {
      return reception.change_to(newer->settings.listen, [this, &newer] {
        for (const auto& worker : workers) worker->put_in_force(newer);
      });
    });
  }

  // The files of TLS too: no ticket of the generation before is good for another.
  void reload() {
    reloader.reload();
    at_reception([this] { reception.read_tls_files(Reception::Which::all); });
  }

  void wait_for_signals() {
    signals.async_wait([this](const error_code& error, int signal) {
      if (error || stopping) return;
      if (signal != SIGHUP && signal != SIGUSR1) return begin_stop();
      recorder.reopen();
      if (signal == SIGHUP) reload();
      wait_for_signals();
    });
  }

  void look_at_files() {
    looks.expires_after(look_interval);
    looks.async_wait([this](const error_code& error) {
      if (error || stopping) return;
      heartbeat.beat();
      if (reloader.is_due()) reload();
      admin.read_changed_tls_files();
      asio::post(workers.front()->context(),
                 [this] { reception.read_tls_files(Reception::Which::changed); });
      tell_of_ends();
      look_at_files();
    });
  }

  void tell_of_ends() {
    const auto now = std::chrono::system_clock::now();
    for (const std::string& end : ends.look(pages.doors(), now)) spdlog::warn("{}", end);
  }

  // While the last requests end, which may take the drain time, there is nothing to ask workers
  // for: those that have none left are gone.
  void tell_watchdog() {
    if (!watchdog) return;
    tells.expires_after(*watchdog / 2);
    tells.async_wait([this](const error_code& error) {
      if (error) return;
      if (stopping || heartbeat.all_alive(*watchdog * 3 / 4)) notify_supervisor("WATCHDOG=1");
      heartbeat.beat();
      tell_watchdog();
    });
  }

  void begin_stop() {
    if (stopping) return;
    stopping = true;
    notify_supervisor("STOPPING=1");
    signals.cancel();
    looks.cancel();
    admin.close();
    at_reception([this] { reception.close(); });
    // Who was let in before that has come to a worker by now, and is seen before it stops.
    at_reception([] {});
    for (const auto& worker : workers) worker->stop();
  }

  void run_worker(Worker& worker) {
    worker.run();
    asio::post(control, [this] {
      if (++ended != workers.size()) return;
      tells.cancel();
      work.reset();
    });
  }

  audit::Recorder& recorder;
  asio::io_context control{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{control.get_executor()};
  PassedSockets passed = PassedSockets::from_environment();
  std::vector<std::unique_ptr<Worker>> workers;
  Reception reception{workers, passed};
  Reloader reloader;
  Heartbeat heartbeat{workers};
  Pages pages{workers, reception, reloader, heartbeat, recorder};
  Admin admin{control, pages};
  ExpiryWatch ends;
  asio::signal_set signals{control};
  asio::steady_timer looks{control};
  const std::optional<Clock::duration> watchdog = watchdog_interval();
  asio::steady_timer tells{control};
  std::size_t ended = 0;  // workers
  bool stopping = false;
};

Server::Server(Shared& shared, InForce first, Source source)
    : parts_(std::make_unique<Parts>(shared, std::move(first), std::move(source))) {}

Server::~Server() = default;

std::string Server::listen() {
  // Who sees a socket may send a signal.
  std::signal(SIGPIPE, SIG_IGN);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) parts_->signals.add(signal);
  parts_->wait_for_signals();
  const policy::Settings& settings = parts_->reloader.in_force()->settings;
  std::string problem = parts_->passed.problem(settings);
  if (problem.empty() && settings.admin) {
    problem = parts_->admin.listen(*settings.admin, parts_->passed);
  }
  return problem.empty() ? parts_->reception.change_to(settings.listen, [] {}) : problem;
}

void Server::run() {
  parts_->look_at_files();
  parts_->tell_watchdog();
  parts_->tell_of_ends();
  parts_->reception.begin_accepting();
  parts_->admin.begin_accepting();
  notify_supervisor("READY=1");
  std::vector<std::thread> threads;
  for (const auto& worker : parts_->workers) {
    threads.emplace_back([this, &worker] { parts_->run_worker(*worker); });
  }
  parts_->control.run();
  for (std::thread& thread : threads) thread.join();
}

void Server::stop() {
  boost::asio::post(parts_->control, [this] { parts_->begin_stop(); });
}

}  // namespace dockgate::proxy
