#include "proxy/reception.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <new>
#include <utility>

namespace dockgate::proxy {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

}  // namespace

std::string Reception::change_to(const std::vector<policy::Listen>& listen,
                                 const std::function<void()>& in_between) {
  Change change;
  if (std::string problem = prepare(listen, change); !problem.empty()) return problem;
  in_between();
  carry_out(std::move(change));
  show_doors();
  return "";
}

// Two listeners may have the same address where the kernel chooses the port: each door stands for
// one of them.
std::string Reception::prepare(const std::vector<policy::Listen>& listen, Change& change) const {
  std::vector<DoorHandle> left = doors_;
  for (const policy::Listen& one : listen) {
    const auto found = std::find_if(left.begin(), left.end(), [&one](const DoorHandle& door) {
      return door->name() == one.text();
    });
    std::string problem;
    if (found == left.end()) {
      DoorHandle opened = Door::open(one, passed_, first(), problem);
      if (opened == nullptr) return problem;
      change.opened.push_back(opened);
      change.doors.push_back(std::move(opened));
      continue;
    }
    if (!(*found)->has_tls(one.tls)) {
      std::optional<TlsFiles> files;
      if (one.tls) problem = files.emplace(*one.tls).load();
      if (!problem.empty()) return one.text() + ": " + problem;
      change.tls.emplace_back(*found, std::move(files));
    }
    change.doors.push_back(*found);
    left.erase(found);
  }
  return "";
}

void Reception::carry_out(Change change) {
  for (const DoorHandle& door : doors_) {
    const auto& stay = change.doors;
    if (std::find(stay.begin(), stay.end(), door) == stay.end()) {
      spdlog::info("no longer listening on {}", door->address());
      door->close();
    }
  }
  for (auto& [door, files] : change.tls) {
    door->set_tls(std::move(files));
    if (door->tls() != nullptr) tell_of_tls(*door);
  }
  doors_ = std::move(change.doors);
  for (const DoorHandle& door : change.opened) {
    spdlog::info("listening on {}", door->address());
    if (accepting_) accept_next(door);
  }
}

void Reception::begin_accepting() {
  accepting_ = true;
  for (const DoorHandle& door : doors_) accept_next(door);
}

void Reception::accept_next(DoorHandle door) {
  Worker& worker = *workers_[next_worker_++ % workers_.size()];
  const auto accepted = [this, door, &worker](error_code error, Socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) return retry_later(door, error);
    // Who was let in before the door was closed is served, like who came before.
    const auto& limits = workers_.front()->in_force()->settings.limits;
    try {
      worker.serve(door->arrival(std::move(socket), limits.connections_per_listener));
    } catch (const std::bad_alloc&) {
      return retry_later(door, asio::error::no_memory);
    }
    if (door->is_open()) accept_next(door);
  };
  door->acceptor().async_accept(worker.context(), accepted);
}

// Out of descriptors, say: others will be closed.
void Reception::retry_later(DoorHandle door, const error_code& error) {
  if (!door->is_open()) return;
  spdlog::error("cannot accept on {}: {}", door->address(), error.message());
  auto pause = std::make_shared<asio::steady_timer>(first(), std::chrono::milliseconds(100));
  pause->async_wait([this, door, pause](const error_code&) {
    if (door->is_open()) accept_next(door);
  });
}

void Reception::read_tls_files(Which which) {
  for (const DoorHandle& door : doors_) {
    TlsFiles* const tls = door->tls();
    if (tls != nullptr && (which == Which::all || tls->are_to_be_read())) read_tls_files_of(*door);
  }
}

// Who arrives from now on is judged by the files as they now are, and so is who is here.
void Reception::read_tls_files_of(Door& door) {
  const auto before = door.tls()->context();
  const std::string problem = door.tls()->load();
  std::string& told = told_[door.address()];
  if (!problem.empty() && problem != told) {
    spdlog::error("{}: {}; going on with what was there before", door.address(), problem);
  }
  told = problem;
  if (door.tls()->context() == before) return;
  if (problem.empty()) {
    spdlog::info("{}: certificate, clients' authority and revocation list read", door.address());
  }
  tell_of_tls(door);
  show_doors();
}

void Reception::tell_of_tls(const Door& door) const {
  for (const auto& worker : workers_) worker->check_again(door.name(), door.tls()->context());
}

void Reception::show_doors() {
  std::vector<DoorState> now;
  for (const DoorHandle& door : doors_) now.push_back(door->state());
  const std::lock_guard lock(showing_);
  shown_ = std::move(now);
}

std::vector<DoorState> Reception::doors() const {
  const std::lock_guard lock(showing_);
  return shown_;
}

void Reception::close() {
  for (const DoorHandle& door : doors_) door->close();
  doors_.clear();
}

}  // namespace dockgate::proxy
