#include "proxy/file_watch.h"

#include <sys/stat.h>

namespace dockgate::proxy {

std::vector<FileWatch::Stamp> FileWatch::stamps() const {
  std::vector<Stamp> out;
  for (const std::string& file : files_) {
    struct stat found {};

    Stamp stamp;
    if (!file.empty() && ::stat(file.c_str(), &found) == 0) {
      stamp = {
          found.st_dev, found.st_ino, found.st_size, found.st_ctim.tv_sec, found.st_ctim.tv_nsec};
    }
    out.push_back(stamp);
  }
  return out;
}

bool FileWatch::has_changed() {
  std::vector<Stamp> now = stamps();
  const bool settled = now == seen_ && now != read_;
  seen_ = std::move(now);
  return settled;
}

}  // namespace dockgate::proxy
