// The lines of a trail's file, plain or compressed.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct gzFile_s;  // zlib's

namespace dockgate::proxy::audit {

class Lines {
 public:
  // Nothing, and errno, where it cannot be opened. "-" is standard input.
  static std::optional<Lines> open(const std::string& file);

  struct Line {
    std::string_view text;  // without its line feed; until the next call
    bool whole = true;      // false: the file's end came before a line feed
  };

  // Nothing at the end. A file that has grown since is read on by the next call.
  std::optional<Line> next();

  // What went wrong with reading, "" where nothing did.
  const std::string& error() const { return error_; }

 private:
  struct Close {
    void operator()(gzFile_s* file) const;
  };

  explicit Lines(gzFile_s* file);
  bool fill();

  std::unique_ptr<gzFile_s, Close> file_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  // of what is unread
  std::size_t seen_ = 0;   // up to where there is no line feed
  std::size_t end_ = 0;
  std::string error_;
};

}  // namespace dockgate::proxy::audit
