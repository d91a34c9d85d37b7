// Where an HTTP message ends, for programs that trust who sends it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace dockgate::bench {

// "" where the head has no such field; `name` in lower case.
std::string_view value_of(std::string_view head, std::string_view name);

// The end of one body: fed its bytes, it says how many belong to it.
class BodyEnd {
 public:
  BodyEnd() = default;
  // The body that follows this head.
  explicit BodyEnd(std::string_view head);

  std::size_t feed(std::string_view bytes);

  bool complete() const { return stage_ == Stage::complete; }

 private:
  enum class Stage : std::uint8_t { sized, chunk_line, chunk, chunk_end, last_line, complete };

  void end_line();

  Stage stage_ = Stage::complete;
  std::uint64_t left_ = 0;
  std::string line_;
};

}  // namespace dockgate::bench
