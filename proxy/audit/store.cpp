#include "proxy/audit/store.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace dockgate::proxy::audit {
namespace {

using boost::system::error_code;

constexpr int longest_wait = 1000;  // milliseconds, for a pipe that nobody empties

error_code last_error() { return {errno, boost::system::system_category()}; }

// Standard output may be somebody's that does not wait.
bool wait_for_room(int descriptor) {
  pollfd waiting{descriptor, POLLOUT, 0};
  return ::poll(&waiting, 1, longest_wait) == 1;
}

}  // namespace

DescriptorStore::DescriptorStore(int descriptor, Kind kind, std::uint64_t size)
    : descriptor_(descriptor), kind_(kind), size_(size) {}

DescriptorStore::~DescriptorStore() { ::close(descriptor_); }

Store::Written DescriptorStore::write(std::string_view bytes) {
  Written done;
  while (done.bytes < bytes.size()) {
    const ssize_t count =
        ::write(descriptor_, bytes.data() + done.bytes, bytes.size() - done.bytes);
    if (count > 0) {
      done.bytes += static_cast<std::size_t>(count);
    } else if (count == 0) {
      done.error = error_code(ENOSPC, boost::system::system_category());
      break;
    } else if (errno == EAGAIN && wait_for_room(descriptor_)) {
      continue;
    } else if (errno != EINTR) {
      done.error = last_error();
      break;
    }
  }
  size_ += done.bytes;
  return done;
}

error_code DescriptorStore::sync() {
  if (kind_ == Kind::stream || ::fdatasync(descriptor_) == 0) return {};
  return last_error();
}

bool DescriptorStore::take_back(std::size_t bytes) {
  if (kind_ == Kind::stream || ::ftruncate(descriptor_, static_cast<off_t>(size_ - bytes)) != 0) {
    return false;
  }
  size_ -= bytes;
  return true;
}

}  // namespace dockgate::proxy::audit
