#include "proxy/audit/queued_sink.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace dockgate::proxy::audit {
namespace {

constexpr std::size_t most_queued = 8 << 20;  // bytes
constexpr std::chrono::seconds retry{1};

}  // namespace

QueuedSink::QueuedSink(std::string name, std::unique_ptr<Carrier> carrier)
    : name_(std::move(name)), carrier_(std::move(carrier)) {
  thread_ = std::thread([this] { run(); });
}

QueuedSink::~QueuedSink() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void QueuedSink::tell(std::string_view lines) {
  {
    const std::lock_guard guard(mutex_);
    if (queue_.size() + lines.size() > most_queued) {
      dropped_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
      return;
    }
    queue_ += lines;
  }
  work_.notify_one();
}

void QueuedSink::run() {
  std::string lines;
  while (true) {
    std::uint64_t dropped = 0;
    {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [this] { return stopping_ || !queue_.empty() || dropped_ != 0; });
      if (queue_.empty() && stopping_) return;
      lines.clear();
      std::swap(lines, queue_);
      dropped = std::exchange(dropped_, 0);
    }
    std::string_view left = lines;
    while (!left.empty()) {
      const std::size_t end = left.find('\n');
      if (!carry(left.substr(0, end))) return;
      left.remove_prefix(end + 1);
    }
    if (dropped != 0) spdlog::warn("{} of the audit's lines never reached {}", dropped, name_);
  }
}

// False at the end.
bool QueuedSink::carry(std::string_view line) {
  while (true) {
    const Carrier::Carried carried = carrier_->carry(line);
    if (carried.outcome == Carrier::Outcome::carried) {
      if (std::exchange(failing_, false)) spdlog::info("{} has the audit again", name_);
      return true;
    }
    if (carried.outcome == Carrier::Outcome::cannot_be_carried) {
      spdlog::warn("a line of the audit never reached {}: {}", name_, carried.problem);
      return true;
    }
    if (!std::exchange(failing_, true)) {
      spdlog::warn("{} does not get the audit: {}", name_, carried.problem);
    }
    if (!pause()) return false;
  }
}

bool QueuedSink::pause() {
  std::unique_lock lock(mutex_);
  return !work_.wait_for(lock, retry, [this] { return stopping_; });
}

}  // namespace dockgate::proxy::audit
