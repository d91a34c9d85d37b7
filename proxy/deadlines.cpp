#include "proxy/deadlines.h"

namespace dockgate::proxy {
namespace {

constexpr std::chrono::milliseconds interval{250};

}  // namespace

void Deadlines::start() {
  timer_.expires_after(interval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error || stopped_) return;
    sweep();
    start();
  });
}

// Cancelling resumes nobody before the sweep is over: completions go through the context. A
// deadline stays until it is moved, so that whatever is awaited next is cancelled too.
void Deadlines::sweep() {
  const Clock::time_point now = Clock::now();
  for (ByteStream* const stream : streams_) {
    if (stream->deadline() <= now) stream->cancel();
    stream->check_silence();
    stream->look_for_peer();
  }
}

}  // namespace dockgate::proxy
