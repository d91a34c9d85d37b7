#include "proxy/audit/trail_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <utility>

#include "proxy/audit/compress.h"
#include "proxy/audit/file_end.h"

namespace dockgate::proxy::audit {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view compressed_end = ".gz";

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}

  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return number_; }

  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

FileId id_of(const struct stat& found) {
  return {static_cast<std::uint64_t>(found.st_dev), static_cast<std::uint64_t>(found.st_ino)};
}

OpenedTrail stream(int descriptor) {
  return {.store = std::make_unique<DescriptorStore>(descriptor, DescriptorStore::Kind::stream, 0),
          .head = {},
          .opening = {.event = Opening::Event::begins, .after = "start"}};
}

// What follows a file that is gone from its name: the newest that was moved aside, where there is.
certs::Result<OpenedTrail> behind_rotated(const std::string& file, OpenedTrail opened) {
  const auto earlier = rotated_files(file);
  if (earlier.empty()) return opened;
  const auto end = end_of_file(earlier.back().path);
  if (!end) return end.error();
  opened.head = end->head;
  opened.opening = {.event = Opening::Event::continues, .after = "restart"};
  return opened;
}

certs::Result<OpenedTrail> open_file(const std::string& file) {
  Descriptor opened(::open(file.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640));

  struct stat found {};

  if (opened.get() < 0 || ::fstat(opened.get(), &found) != 0) {
    return certs::system_failure(file, "opened", errno);
  }
  if (!S_ISREG(found.st_mode)) return stream(opened.release());
  if (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) {
    return certs::mistake(file + " is another process' audit trail");
  }
  const auto size = static_cast<std::uint64_t>(found.st_size);
  OpenedTrail trail{.opening = {.event = Opening::Event::begins, .after = "start"},
                    .is_file = true,
                    .id = id_of(found),
                    .began = beginning_of_file(opened.get())};
  if (size != 0) {
    auto end = end_of_file(opened.get(), size, file);
    if (!end) return end.error();
    trail.head = end->head;
    trail.opening = {.event = Opening::Event::resumes, .after = "restart", .torn = end->torn};
  }
  trail.store =
      std::make_unique<DescriptorStore>(opened.release(), DescriptorStore::Kind::file, size);
  return trail;
}

std::string time_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[24];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts)};
}

// `20261124T153000Z-4711` or the same with `.gz`; nothing for any other name.
bool read_rotated_name(std::string_view name, RotatedFile& out) {
  constexpr std::size_t time_size = 16;
  out.compressed = name.size() > compressed_end.size() &&
                   name.substr(name.size() - compressed_end.size()) == compressed_end;
  if (out.compressed) name.remove_suffix(compressed_end.size());
  if (name.size() < time_size + 2 || name[8] != 'T' || name[15] != 'Z' || name[16] != '-') {
    return false;
  }
  const std::string_view number = name.substr(time_size + 1);
  const auto [stop, error] =
      std::from_chars(number.data(), number.data() + number.size(), out.last_seq);
  return error == std::errc() && stop == number.data() + number.size();
}

}  // namespace

certs::Result<OpenedTrail> open_trail(const std::string& file) {
  if (file == "-") {
    const int copy = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return certs::system_failure("standard output", "opened", errno);
    return stream(copy);
  }
  auto opened = open_file(file);
  const bool is_new = opened && opened->is_file && opened->store->size() == 0;
  return is_new ? behind_rotated(file, std::move(*opened)) : std::move(opened);
}

certs::Result<OpenedTrail> open_next(const std::string& file, Link head, std::string_view after) {
  auto opened = open_file(file);
  if (!opened) return opened.error();
  if (opened->store->size() != 0) {
    return certs::mistake(file + " is not empty, and another trail than the one that is written");
  }
  opened->head = head;
  const bool goes_on = head.seq != 0;
  opened->opening = {.event = goes_on ? Opening::Event::continues : Opening::Event::begins,
                     .after = after};
  return opened;
}

bool was_moved(const std::string& file, const FileId& opened) {
  struct stat found {};

  return ::stat(file.c_str(), &found) != 0 || id_of(found) != opened;
}

certs::Result<std::string> move_aside(const std::string& file, std::uint64_t last_seq) {
  std::string name = file + "." + time_text() + "-" + std::to_string(last_seq);
  if (::rename(file.c_str(), name.c_str()) != 0) {
    return certs::system_failure(file, "moved to " + name, errno);
  }
  return name;
}

std::vector<RotatedFile> rotated_files(const std::string& file) {
  const fs::path path(file);
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const std::string prefix = path.filename().string() + ".";
  std::vector<RotatedFile> found;
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder, unreadable)) {
    const std::string name = entry.path().filename().string();
    RotatedFile one{.path = entry.path().string()};
    if (name.compare(0, prefix.size(), prefix) == 0 &&
        read_rotated_name(std::string_view(name).substr(prefix.size()), one)) {
      found.push_back(one);
    }
  }
  std::sort(found.begin(), found.end(), [](const RotatedFile& one, const RotatedFile& other) {
    return one.last_seq < other.last_seq;
  });
  return found;
}

std::string tidy(const std::string& file, std::size_t keep, bool compress) {
  std::vector<RotatedFile> files = rotated_files(file);
  const std::size_t excess = keep != 0 && files.size() > keep ? files.size() - keep : 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (i < excess) {
      if (::unlink(files[i].path.c_str()) != 0) {
        return certs::system_failure(files[i].path, "removed", errno).text;
      }
    } else if (compress && !files[i].compressed) {
      if (const std::string problem = compress_file(files[i].path); !problem.empty()) {
        return problem;
      }
    }
  }
  return "";
}

}  // namespace dockgate::proxy::audit
