#include "tests/bench/message.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

namespace dockgate::bench {

std::string_view value_of(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at < head.size(); at = head.find("\r\n", at)) {
    at += 2;
    const std::string_view line = head.substr(at, head.find("\r\n", at) - at);
    const bool found = line.size() > name.size() && line[name.size()] == ':' &&
                       strncasecmp(line.data(), name.data(), name.size()) == 0;
    if (!found) continue;
    const std::size_t value = line.find_first_not_of(' ', name.size() + 1);
    return value == std::string_view::npos ? std::string_view() : line.substr(value);
  }
  return {};
}

BodyEnd::BodyEnd(std::string_view head) {
  if (value_of(head, "transfer-encoding") == "chunked") {
    stage_ = Stage::chunk_line;
    return;
  }
  const std::string_view length = value_of(head, "content-length");
  std::from_chars(length.data(), length.data() + length.size(), left_);
  stage_ = left_ == 0 ? Stage::complete : Stage::sized;
}

std::size_t BodyEnd::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !complete()) {
    if (stage_ == Stage::sized || stage_ == Stage::chunk) {
      const std::uint64_t taken = std::min<std::uint64_t>(left_, bytes.size() - used);
      used += taken;
      left_ -= taken;
      if (left_ == 0) stage_ = stage_ == Stage::sized ? Stage::complete : Stage::chunk_end;
      continue;
    }
    const char next = bytes[used++];
    if (next == '\n') {
      end_line();
    } else if (next != '\r') {
      line_ += next;
    }
  }
  return used;
}

void BodyEnd::end_line() {
  if (stage_ == Stage::chunk_end) {
    stage_ = Stage::chunk_line;
  } else if (stage_ == Stage::last_line) {
    stage_ = Stage::complete;
  } else {
    std::from_chars(line_.data(), line_.data() + line_.size(), left_, 16);
    stage_ = left_ == 0 ? Stage::last_line : Stage::chunk;
  }
  line_.clear();
}

}  // namespace dockgate::bench
