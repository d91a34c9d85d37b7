#include "proxy/server.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <map>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "proxy/door.h"
#include "proxy/notify.h"
#include "proxy/worker.h"

namespace dockgate::proxy {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// How often the files of TLS are looked at.
constexpr std::chrono::seconds look_interval{1};

unsigned thread_count(const policy::Settings& settings) {
  if (settings.threads != 0) return settings.threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

// A connection takes up to three; programs are given 1024 unless they ask.
void allow_many_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

std::vector<std::unique_ptr<Worker>> workers_for(Shared& shared) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < thread_count(shared.settings); ++i) {
    workers.push_back(std::make_unique<Worker>(shared));
  }
  return workers;
}

}  // namespace

struct Server::Parts {
  explicit Parts(Shared& shared)
      : settings(shared.settings), recorder(shared.recorder), workers(workers_for(shared)) {}

  asio::io_context& first() { return workers.front()->context(); }

  // Accepts into the event loops in turn; a connection stays where it came.
  void accept_next(Door& door) {
    Worker& worker = *workers[next_worker++ % workers.size()];
    const auto accepted = [this, &door, &worker](error_code error, HangUp::Socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) {
        retry_later(door, error);
        return;
      }
      worker.serve(door.arrival(std::move(socket), settings.limits.connections_per_listener));
      accept_next(door);
    };
    door.acceptor().async_accept(worker.context(), accepted);
  }

  // Out of descriptors, say: others will be closed.
  void retry_later(Door& door, const error_code& error) {
    spdlog::error("cannot accept on {}: {}", door.address(), error.message());
    auto pause = std::make_shared<asio::steady_timer>(first(), std::chrono::milliseconds(100));
    pause->async_wait([this, &door, pause](const error_code&) {
      if (door.acceptor().is_open()) accept_next(door);
    });
  }

  void wait_for_signals() {
    signals.async_wait([this](const error_code& error, int signal) {
      if (error || stopping) return;
      if (signal != SIGHUP && signal != SIGUSR1) return begin_stop();
      recorder.reopen();
      if (signal == SIGHUP) {
        for (const auto& door : doors) reload(*door);
      }
      wait_for_signals();
    });
  }

  void look_at_files() {
    looks.expires_after(look_interval);
    looks.async_wait([this](const error_code& error) {
      if (error || stopping) return;
      for (const auto& door : doors) {
        if (door->tls() != nullptr && door->tls()->are_to_be_read()) reload(*door);
      }
      look_at_files();
    });
  }

  // Who arrives from now on is judged by the files as they now are, and so is who is here.
  void reload(Door& door) {
    TlsFiles* const tls = door.tls();
    if (tls == nullptr) return;
    const auto before = tls->context();
    const std::string problem = tls->load();
    if (!problem.empty() && problem != told[&door]) {
      spdlog::error("{}: {}; going on with what was there before", door.address(), problem);
    }
    told[&door] = problem;
    if (tls->context() == before) return;
    if (problem.empty()) {
      spdlog::info("{}: certificate, clients' authority and revocation list read", door.address());
    }
    for (const auto& worker : workers) worker->check_again(door.name(), tls->context());
  }

  // On the first thread.
  void begin_stop() {
    if (stopping) return;
    stopping = true;
    notify_supervisor("STOPPING=1");
    signals.cancel();
    looks.cancel();
    for (const auto& door : doors) {
      error_code ignored;
      door->acceptor().close(ignored);
    }
    for (const auto& worker : workers) worker->stop();
  }

  const policy::Settings& settings;
  audit::Recorder& recorder;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::unique_ptr<Door>> doors;
  asio::signal_set signals{first()};
  asio::steady_timer looks{first()};
  std::map<const Door*, std::string> told;  // what is wrong with its files, once
  std::size_t next_worker = 0;
  bool stopping = false;
};

Server::Server(Shared& shared) : parts_(std::make_unique<Parts>(shared)) {}

Server::~Server() = default;

std::string Server::listen() {
  for (const policy::Listen& one : parts_->settings.listen) {
    std::string problem;
    auto door = Door::open(one, parts_->first(), problem);
    if (door == nullptr) return problem;
    parts_->doors.push_back(std::move(door));
  }
  return "";
}

std::vector<std::string> Server::addresses() const {
  std::vector<std::string> out;
  for (const auto& door : parts_->doors) out.push_back(door->address());
  return out;
}

void Server::run() {
  std::signal(SIGPIPE, SIG_IGN);
  allow_many_descriptors();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) parts_->signals.add(signal);
  parts_->wait_for_signals();
  parts_->look_at_files();
  for (const auto& door : parts_->doors) parts_->accept_next(*door);
  notify_supervisor("READY=1");
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < parts_->workers.size(); ++i) {
    threads.emplace_back([worker = parts_->workers[i].get()] { worker->run(); });
  }
  parts_->workers.front()->run();
  for (std::thread& thread : threads) thread.join();
  parts_->doors.clear();
}

void Server::stop() {
  boost::asio::post(parts_->first(), [this] { parts_->begin_stop(); });
}

}  // namespace dockgate::proxy
