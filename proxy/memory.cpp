#include "proxy/memory.h"

#include <chrono>
#include <new>
#include <thread>

namespace dockgate::proxy {
namespace {

constexpr std::chrono::milliseconds pause{2};
constexpr int most_pauses = 50;  // in a row
constexpr std::chrono::seconds row{1};

thread_local MemoryWait::Kind how = MemoryWait::Kind::a_moment;
thread_local int pauses = 0;
thread_local std::chrono::steady_clock::time_point last;

// It is tried again whenever this returns.
void wait_or_fail() {
  const auto now = std::chrono::steady_clock::now();
  if (now - last > row) pauses = 0;
  last = now;
  const bool patient = how == MemoryWait::Kind::for_ever ||
                       (how == MemoryWait::Kind::a_moment && pauses < most_pauses);
  if (!patient) throw std::bad_alloc();
  ++pauses;
  std::this_thread::sleep_for(pause);
}

}  // namespace

void wait_for_memory() { std::set_new_handler(wait_or_fail); }

MemoryWait::MemoryWait(Kind kind) : before_(how) { how = kind; }

MemoryWait::~MemoryWait() { how = before_; }

}  // namespace dockgate::proxy
