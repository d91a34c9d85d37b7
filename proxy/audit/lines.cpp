#include "proxy/audit/lines.h"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

namespace dockgate::proxy::audit {
namespace {

constexpr std::size_t block = 256 << 10;
constexpr std::size_t longest_line = 64 << 20;

}  // namespace

void Lines::Close::operator()(gzFile_s* file) const { ::gzclose(file); }

std::optional<Lines> Lines::open(const std::string& file) {
  gzFile_s* const opened =
      file == "-" ? ::gzdopen(::dup(STDIN_FILENO), "rb") : ::gzopen(file.c_str(), "rbe");
  if (opened == nullptr) return std::nullopt;
  ::gzbuffer(opened, block);
  return Lines(opened);
}

Lines::Lines(gzFile_s* file) : file_(file), buffer_(2 * block) {}

bool Lines::fill() {
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_),
              buffer_.begin());
    end_ -= begin_;
    seen_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < block) buffer_.resize(buffer_.size() * 2);
  if (buffer_.size() > 2 * longest_line) {
    error_ = "a line is longer than 64 MiB";
    return false;
  }
  const int count = ::gzread(file_.get(), buffer_.data() + end_, static_cast<unsigned>(block));
  if (count < 0) {
    int code = 0;
    error_ = ::gzerror(file_.get(), &code);
    return false;
  }
  ::gzclearerr(file_.get());  // its end may not be for ever
  end_ += static_cast<std::size_t>(count);
  return count > 0;
}

std::optional<Lines::Line> Lines::next() {
  while (true) {
    const void* const found = std::memchr(buffer_.data() + seen_, '\n', end_ - seen_);
    if (found != nullptr) {
      const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
      const std::string_view text(buffer_.data() + begin_, at - begin_);
      begin_ = seen_ = at + 1;
      return Line{text, true};
    }
    seen_ = end_;
    if (!error_.empty() || !fill()) break;
  }
  if (begin_ == end_) return std::nullopt;
  return Line{std::string_view(buffer_.data() + begin_, end_ - begin_), false};
}

}  // namespace dockgate::proxy::audit
