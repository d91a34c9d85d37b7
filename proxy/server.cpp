#include "proxy/server.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "proxy/listening_socket.h"
#include "proxy/notify.h"
#include "proxy/worker.h"

namespace dockgate::proxy {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Acceptor = asio::local::stream_protocol::acceptor;
using Count = std::shared_ptr<std::atomic<std::size_t>>;

Count new_count() { return std::make_shared<std::atomic<std::size_t>>(0); }

// Who the kernel says connected.
policy::Peer peer_of(UnixStream::Socket& socket, const std::string& listener) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  policy::Peer peer{.listener = listener};
  const int failed =
      ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size);
  if (failed != 0) {
    // Nobody's id: no client row can match it but one that matches everybody.
    peer.uid = peer.gid = static_cast<std::uint32_t>(-1);
    return peer;
  }
  peer.uid = credentials.uid;
  peer.gid = credentials.gid;
  peer.pid = credentials.pid;
  return peer;
}

unsigned thread_count(const policy::Settings& settings) {
  if (settings.threads != 0) return settings.threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace

struct Server::Parts {
  explicit Parts(Shared& shared) : settings(shared.settings) {
    for (unsigned i = 0; i < thread_count(settings); ++i) {
      workers.push_back(std::make_unique<Worker>(shared));
    }
    for (const policy::Client& client : settings.clients) client_counts[&client] = new_count();
  }

  struct Door {
    ListeningSocket socket;
    std::string address;
    Acceptor acceptor;
    Count count;
  };

  asio::io_context& first() { return workers.front()->context(); }

  // Accepts into the event loops in turn; a connection stays where it came.
  void accept_next(Door& door) {
    Worker& worker = *workers[next_worker++ % workers.size()];
    door.acceptor.async_accept(worker.context(),
                               [this, &door, &worker](error_code error, UnixStream::Socket socket) {
                                 if (error == asio::error::operation_aborted) return;
                                 if (error) {
                                   retry_later(door, error);
                                   return;
                                 }
                                 welcome(door, worker, std::move(socket));
                                 accept_next(door);
                               });
  }

  // Out of descriptors, say: others will be closed.
  void retry_later(Door& door, const error_code& error) {
    spdlog::error("cannot accept on {}: {}", door.address, error.message());
    auto pause = std::make_shared<asio::steady_timer>(first(), std::chrono::milliseconds(100));
    pause->async_wait([this, &door, pause](const error_code&) {
      if (door.acceptor.is_open()) accept_next(door);
    });
  }

  void welcome(Door& door, Worker& worker, UnixStream::Socket socket) {
    Arrival arrival{.peer = peer_of(socket, door.address), .of_listener = Counted(door.count)};
    arrival.who = settings.client_of(arrival.peer);
    if (arrival.who == nullptr) {
      arrival.unwelcome = Unwelcome{403,
                                    "dockgate: no client of the configuration matches uid " +
                                        std::to_string(arrival.peer.uid) + " on " + door.address};
    } else {
      arrival.of_client.emplace(client_counts.at(arrival.who));
      if (arrival.of_client->now() > settings.limits.connections_per_client) {
        arrival.unwelcome = Unwelcome{429, "dockgate: too many connections of this client"};
      }
    }
    if (arrival.of_listener.now() > settings.limits.connections_per_listener) {
      arrival.unwelcome = Unwelcome{503, "dockgate: too many connections"};
    }
    auto shared = std::make_shared<std::pair<UnixStream::Socket, Arrival>>(std::move(socket),
                                                                           std::move(arrival));
    asio::post(worker.context(), [&worker, shared] {
      worker.serve(std::move(shared->first), std::move(shared->second));
    });
  }

  // On the first thread.
  void begin_stop() {
    if (stopping) return;
    stopping = true;
    notify_supervisor("STOPPING=1");
    signals.reset();
    for (const auto& door : doors) {
      error_code ignored;
      door->acceptor.close(ignored);
    }
    for (const auto& worker : workers) worker->stop();
  }

  const policy::Settings& settings;
  std::vector<std::unique_ptr<Worker>> workers;
  std::map<const policy::Client*, Count> client_counts;
  std::vector<std::unique_ptr<Door>> doors;
  std::unique_ptr<asio::signal_set> signals;
  std::size_t next_worker = 0;
  bool stopping = false;
};

Server::Server(Shared& shared) : parts_(std::make_unique<Parts>(shared)) {}

Server::~Server() = default;

std::string Server::listen() {
  for (const policy::Listen& one : parts_->settings.listen) {
    ListenResult opened = listen_on(one);
    if (!opened.problem.empty()) return opened.problem;
    Acceptor acceptor(parts_->first());
    error_code failed;
    acceptor.assign(asio::local::stream_protocol(), opened.socket.release(), failed);
    if (failed) return "cannot listen on " + one.address.path + ": " + failed.message();
    parts_->doors.push_back(std::make_unique<Parts::Door>(Parts::Door{
        std::move(opened.socket), one.address.text(), std::move(acceptor), new_count()}));
  }
  return "";
}

void Server::run() {
  std::signal(SIGPIPE, SIG_IGN);
  parts_->signals = std::make_unique<asio::signal_set>(parts_->first(), SIGTERM, SIGINT);
  parts_->signals->async_wait([this](const error_code& error, int) {
    if (!error) parts_->begin_stop();
  });
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
