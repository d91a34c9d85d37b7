// What happens where there is no memory to be had. Others are about to give some back, so that it
// is waited for, for a moment, instead of failing in the middle of what cannot fail; only then, and
// where a request takes much at once and can be refused, std::bad_alloc is thrown.
#pragma once

namespace dockgate::proxy {

// From now on, in all threads.
void wait_for_memory();

// How this thread waits while it lives, without a co_await in between.
class MemoryWait {
 public:
  enum class Kind { none, a_moment, for_ever };

  explicit MemoryWait(Kind kind);
  ~MemoryWait();
  MemoryWait(const MemoryWait&) = delete;
  MemoryWait& operator=(const MemoryWait&) = delete;

 private:
  Kind before_;
};

}  // namespace dockgate::proxy
