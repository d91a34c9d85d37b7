// A sink with a thread and a queue of its own: it tries again until its lines are carried, and
// drops the newest ones where the queue is full.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "proxy/audit/sink.h"

namespace dockgate::proxy::audit {

// How one line gets there. May block, for seconds at most.
class Carrier {
 public:
  enum class Outcome : unsigned char { carried, try_again, cannot_be_carried };

  struct Carried {
    Outcome outcome = Outcome::carried;
    std::string problem;
  };

  Carrier() = default;
  virtual ~Carrier() = default;
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;

  // Without its line feed.
  virtual Carried carry(std::string_view line) = 0;
};

class QueuedSink final : public Sink {
 public:
  // `name` is what messages call it.
  QueuedSink(std::string name, std::unique_ptr<Carrier> carrier);
  // Carries what it has, but gives up at the first failure.
  ~QueuedSink() override;

  void tell(std::string_view lines) override;

 private:
  void run();
  bool carry(std::string_view line);
  bool pause();

  const std::string name_;
  std::unique_ptr<Carrier> carrier_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::string queue_;          // guarded, as are the next two
  std::uint64_t dropped_ = 0;  // lines
  bool stopping_ = false;
  bool failing_ = false;  // the thread's own
  std::thread thread_;
};

}  // namespace dockgate::proxy::audit
