// What the benchmark's load measures, and how it is told to.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/bench/wire.h"

namespace dockgate::bench {

// The arguments "name=value".
class Wishes {
 public:
  Wishes(int count, char** arguments, int first);

  std::string text(const std::string& name, const std::string& otherwise) const;
  std::uint64_t number(const std::string& name, std::uint64_t otherwise) const;

 private:
  std::map<std::string, std::string> values_;
};

struct Measured {
  std::uint64_t requests = 0;
  std::uint64_t bad = 0;  // answers with another status than was wished for
  std::uint64_t bytes = 0;
  double seconds = 0;
  std::vector<std::uint32_t> nanoseconds;  // of each request
};

class Stopwatch {
 public:
  std::chrono::nanoseconds elapsed() const { return std::chrono::steady_clock::now() - began_; }

  double seconds() const { return std::chrono::duration<double>(elapsed()).count(); }

  std::uint32_t nanoseconds() const { return static_cast<std::uint32_t>(elapsed().count()); }

 private:
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

// `requests` one after another on each of `connections`; `each=new`: each on a connection of its
// own.
Measured send_requests(const Target& target, const Wishes& wishes);

// Connections that made a request each and then say nothing, until standard input ends.
Measured stay_idle(const Target& target, const Wishes& wishes);

// One body to the client; one of `mib` to the Engine.
Measured receive_stream(const Target& target, const Wishes& wishes);
Measured send_stream(const Target& target, const Wishes& wishes);

// A tunnel that echoes: `requests` of 64 bytes, one after another; `mib` both ways at a time.
Measured echo_latency(const Target& target, const Wishes& wishes);
Measured echo_stream(const Target& target, const Wishes& wishes);

}  // namespace dockgate::bench
