// Whether files have changed since they were read: by a look at them each second, which also sees
// what is renamed into place, replaced behind a link, or on a file system that tells nobody.
#pragma once

#include <sys/types.h>

#include <ctime>
#include <string>
#include <utility>
#include <vector>

namespace dockgate::proxy {

class FileWatch {
 public:
  // "" stands for no file.
  explicit FileWatch(std::vector<std::string> files) : files_(std::move(files)) {}

  // To be called before the files are read, so that no change is missed.
  void begin_reading() { read_ = seen_ = stamps(); }

  // For a call each second: whether the files are others than those that were read last, and have
  // been so since the last call: those that are still being written are waited for.
  bool has_changed();

 private:
  // What a file is known by without reading it.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = -1;          // -1: it is not there
    std::time_t seconds = 0;  // of its last change, also of its mode or owner
    long nanoseconds = 0;

    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  std::vector<Stamp> stamps() const;

  std::vector<std::string> files_;
  std::vector<Stamp> read_;  // of what was read last, whatever came of it
  std::vector<Stamp> seen_;  // at the last look
};

}  // namespace dockgate::proxy
