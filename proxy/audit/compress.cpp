#include "proxy/audit/compress.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <vector>

#include "certs/result.h"

namespace dockgate::proxy::audit {
namespace {

constexpr std::size_t block = 256 << 10;

bool copy_compressed(int from, int to) {
  gzFile_s* const out = ::gzdopen(to, "wb6");
  if (out == nullptr) {
    ::close(to);
    return false;
  }
  std::vector<char> buffer(block);
  ssize_t count = 0;
  bool done = true;
  while (done && (count = ::read(from, buffer.data(), buffer.size())) > 0) {
    done = ::gzwrite(out, buffer.data(), static_cast<unsigned>(count)) == count;
  }
  done = done && count == 0 && ::gzflush(out, Z_FINISH) == Z_OK && ::fdatasync(to) == 0;
  return ::gzclose(out) == Z_OK && done;
}

}  // namespace

std::string compress_file(const std::string& file) {
  const std::string target = file + ".gz";
  const std::string part = target + ".part";
  const int from = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) return certs::system_failure(file, "read", errno).text;

  struct stat mode {};

  const int to = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool done = to >= 0 && ::fstat(from, &mode) == 0 && ::fchmod(to, mode.st_mode & 07777) == 0;
  if (done && ::fchown(to, mode.st_uid, mode.st_gid) != 0) done = errno == EPERM;
  if (to >= 0 && !done) ::close(to);
  done = done && copy_compressed(from, to);
  ::close(from);
  done = done && ::rename(part.c_str(), target.c_str()) == 0 && ::unlink(file.c_str()) == 0;
  if (done) return "";
  const int error = errno;
  ::unlink(part.c_str());
  return certs::system_failure(file, "compressed", error).text;
}

}  // namespace dockgate::proxy::audit
