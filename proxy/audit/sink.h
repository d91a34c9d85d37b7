// Another place that is told every line, once the trail has it. A sink holds nobody up: it takes
// what it is told and sees to it by itself, and where it cannot keep up it says how much it lost.
#pragma once

#include <memory>
#include <string_view>

namespace dockgate::proxy::audit {

class Sink {
 public:
  Sink() = default;
  virtual ~Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // Whole lines, each with its line feed. Never blocks, never fails.
  virtual void tell(std::string_view lines) = 0;
};

}  // namespace dockgate::proxy::audit
