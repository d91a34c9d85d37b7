#include "certs/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

namespace dockgate::certs {
namespace {

namespace fs = std::filesystem;

constexpr const char* hidden = ".new-";
constexpr std::size_t largest_file = std::size_t{64} << 20;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  int number() const { return number_; }

 private:
  int number_;
};

// What it names is removed at the end, unless it was put in its place.
class Hidden {
 public:
  explicit Hidden(std::string path) : path_(std::move(path)) {}

  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;

  ~Hidden() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string folder_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

// Renames are on the disk when their folder is.
Result<void> flush_folder(const std::string& folder) {
  const Descriptor open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (open.number() < 0 || ::fsync(open.number()) != 0) {
    return system_failure(folder, "flushed to the disk", errno);
  }
  return {};
}

Result<void> fill(int descriptor, const std::string& path, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t wrote = ::write(descriptor, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return system_failure(path, "written", errno);
    done += static_cast<std::size_t>(wrote);
  }
  if (::fsync(descriptor) != 0) return system_failure(path, "flushed to the disk", errno);
  return {};
}

// With the name taken, this fails with EEXIST.
int rename_to_nothing(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  if (::link(from.c_str(), to.c_str()) != 0) return -1;
  return ::unlink(from.c_str());
}

Result<void> exchange(const std::string& ours, const std::string& path) {
  if (::renameat2(AT_FDCWD, ours.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return system_failure(path, "replaced", errno);
  const Hidden older(folder_of(path) + "/" + hidden + "older-" +
                     fs::path(path).filename().string());
  if (::rename(path.c_str(), older.path().c_str()) != 0 ||
      ::rename(ours.c_str(), path.c_str()) != 0) {
    return system_failure(path, "replaced", errno);
  }
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));

  struct stat status {};

  if (file.number() < 0 || ::fstat(file.number(), &status) != 0) {
    return system_failure(path, "read", errno);
  }
  if (!S_ISREG(status.st_mode)) return mistake(path + " is not a file; name a PEM file");
  std::string text;
  char buffer[65536];
  while (text.size() <= largest_file) {
    const ssize_t got = ::read(file.number(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure(path, "read", errno);
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return mistake(path + " is larger than 64 MiB; name a PEM file");
}

Result<void> write_file(const std::string& path, const std::string& text, Existing existing) {
  std::string pattern = folder_of(path) + "/" + hidden + "XXXXXX";
  const Descriptor file(::mkostemp(pattern.data(), O_CLOEXEC));  // 0600
  if (file.number() < 0) return system_failure(path, "written", errno);
  const Hidden ours(pattern);
  if (const auto filled = fill(file.number(), path, text); !filled) return filled.error();
  const int moved = existing == Existing::replace ? ::rename(ours.path().c_str(), path.c_str())
                                                  : rename_to_nothing(ours.path(), path);
  if (moved != 0 && errno == EEXIST) {
    return mistake(path + " is there already; name another file, or replace it with --force");
  }
  if (moved != 0) return system_failure(path, "written", errno);
  return flush_folder(folder_of(path));
}

bool exists(const std::string& path) {
  struct stat status {};

  return ::lstat(path.c_str(), &status) == 0;
}

Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return flush_folder(folder_of(path));
  if (errno != EEXIST) return system_failure(path, "made", errno);
  return {};
}

Result<void> write_folder(const std::string& path, const std::vector<NamedText>& files) {
  std::string pattern = folder_of(path) + "/" + hidden + "XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) return system_failure(path, "made", errno);
  const Hidden ours(pattern);
  for (const NamedText& file : files) {
    const auto written = write_file(ours.path() + "/" + file.name, file.text, Existing::refuse);
    if (!written) return written.error();
  }
  if (exists(path)) {
    if (const auto exchanged = exchange(ours.path(), path); !exchanged) return exchanged.error();
  } else if (::rename(ours.path().c_str(), path.c_str()) != 0) {
    return system_failure(path, "made", errno);
  }
  return flush_folder(folder_of(path));
}

void remove_leftovers(const std::string& folder) {
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; entry != end; entry.increment(ignored)) {
    if (entry->path().filename().string().rfind(hidden, 0) != 0) continue;
    std::error_code left;
    fs::remove_all(entry->path(), left);
  }
}

Result<FolderLock> FolderLock::take(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return system_failure(path, "opened", errno);
  FolderLock lock(descriptor);
  while (::flock(descriptor, LOCK_EX) != 0) {
    if (errno != EINTR) return system_failure(path, "locked", errno);
  }
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace dockgate::certs
