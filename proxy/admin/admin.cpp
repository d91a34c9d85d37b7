#include "proxy/admin/admin.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <utility>

namespace dockgate::proxy {
namespace {

constexpr std::size_t most_visits = 64;
constexpr std::chrono::milliseconds accept_pause{100};

}  // namespace

Admin::Admin(boost::asio::io_context& context, Pages& pages)
    : context_(context), pages_(pages), deadlines_(context) {}

Admin::~Admin() = default;

std::string Admin::listen(const policy::Listen& listen, const PassedSockets& passed) {
  std::string problem;
  door_ = Door::open(listen, passed, context_, problem);
  if (door_ == nullptr) return problem;
  pages_.add_door(*door_);
  spdlog::info("admin listening on {}", door_->address());
  return "";
}

void Admin::begin_accepting() {
  if (door_ == nullptr) return;
  deadlines_.start();
  accept_next();
}

void Admin::accept_next() {
  const auto accepted = [this](const boost::system::error_code& error, Socket socket) {
    if (!door_->is_open()) return;
    if (error) return retry_later();
    welcome(door_->arrival(std::move(socket), most_visits));
    accept_next();
  };
  door_->acceptor().async_accept(context_, accepted);
}

void Admin::retry_later() {
  auto pause = std::make_shared<boost::asio::steady_timer>(context_, accept_pause);
  pause->async_wait([this, pause](const boost::system::error_code&) {
    if (door_->is_open()) accept_next();
  });
}

void Admin::welcome(Arrival arrival) {
  const auto place = visits_.insert(
      visits_.end(), std::make_unique<Visit>(std::move(arrival), pages_, deadlines_));
  const auto ended = [this, place](std::exception_ptr escaped) {
    visits_.erase(place);
    if (!escaped) return;
    try {
      std::rethrow_exception(escaped);
    } catch (const std::exception& error) {
      spdlog::critical("a visit of the admin listener ended by {}", error.what());
    }
  };
  boost::asio::co_spawn(context_, (*place)->run(), ended);
}

void Admin::read_changed_tls_files() {
  if (door_ == nullptr || door_->tls() == nullptr || !door_->tls()->are_to_be_read()) return;
  const std::string problem = door_->tls()->load();
  if (problem.empty()) return;
  spdlog::error("{}: {}; going on with what was there before", door_->address(), problem);
}

void Admin::close() {
  if (door_ != nullptr) door_->close();
  for (const auto& visit : visits_) visit->abort();
  deadlines_.stop();
}

}  // namespace dockgate::proxy
