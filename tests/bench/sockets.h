// Unix sockets and epoll, as little as the benchmark's programs need. What fails ends the program.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace dockgate::bench {

// Says what failed, by errno, and exits.
[[noreturn]] void give_up(const std::string& what);

void check(bool holds, const std::string& what);

// As many descriptors as the machine grants.
void raise_descriptor_limit();

int listen_at(const std::string& path);

// Waits for its turn where the listener's queue is full; then non-blocking.
int connect_to(const std::string& path);

// -1 where nobody waits.
int accept_from(int listener);

// epoll, level-triggered. What is added is told apart by its pointer.
class Poll {
 public:
  Poll();

  void add(int descriptor, void* owner, std::uint32_t events);
  void change(int descriptor, void* owner, std::uint32_t events);
  void remove(int descriptor);
  std::span<const epoll_event> wait();

 private:
  int descriptor_;
  std::array<epoll_event, 256> events_{};
};

}  // namespace dockgate::bench
