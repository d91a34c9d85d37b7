#include "proxy/audit/file_end.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string_view>

#include "proxy/audit/lines.h"

namespace dockgate::proxy::audit {
namespace {

constexpr std::uint64_t first_look = 64 << 10;
constexpr std::uint64_t furthest_look = 512 << 20;

bool read_at(int descriptor, std::uint64_t from, std::string& into) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t count = ::pread(
        descriptor, into.data() + done, into.size() - done, static_cast<off_t>(from + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

// The last whole line that is sealed. `text` may begin within a line.
bool find_end(std::string_view text, bool is_all, FileEnd& end) {
  std::size_t stop = text.rfind('\n');
  while (stop != std::string_view::npos) {
    const std::size_t before = stop == 0 ? std::string_view::npos : text.rfind('\n', stop - 1);
    if (before == std::string_view::npos && !is_all) return false;
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    if (const auto seal = read_seal(text.substr(begin, stop - begin))) {
      end.head = seal->link;
      end.torn = text.substr(stop + 1);
      return true;
    }
    stop = before;
  }
  return false;
}

certs::Failure no_trail(const std::string& file) {
  return certs::mistake(file + " holds something else than an audit trail; move it away");
}

}  // namespace

certs::Result<FileEnd> end_of_file(int descriptor, std::uint64_t size, const std::string& file) {
  FileEnd end;
  for (std::uint64_t look = first_look; look <= furthest_look; look *= 4) {
    std::string text(static_cast<std::size_t>(std::min(look, size)), '\0');
    if (!read_at(descriptor, size - text.size(), text)) {
      return certs::system_failure(file, "read", errno);
    }
    if (find_end(text, text.size() == size, end)) return end;
    if (text.size() == size) break;
  }
  return no_trail(file);
}

certs::Result<FileEnd> end_of_file(const std::string& file) {
  auto lines = Lines::open(file);
  if (!lines) return certs::system_failure(file, "read", errno);
  FileEnd end;
  bool found = false;
  while (const auto line = lines->next()) {
    const auto seal = line->whole ? read_seal(line->text) : std::nullopt;
    if (seal) end.head = seal->link;
    found = found || seal;
    if (!line->whole) break;
  }
  if (!found) return no_trail(file);
  return end;
}

std::int64_t beginning_of_file(int descriptor) {
  constexpr std::string_view before_time = "\"time\":\"";
  std::string text(64, '\0');
  std::tm parts{};
  if (read_at(descriptor, 0, text)) {
    const std::size_t at = text.find(before_time);
    if (at != std::string::npos &&
        ::strptime(text.c_str() + at + before_time.size(), "%Y-%m-%dT%H:%M:%S", &parts) !=
            nullptr) {
      return ::timegm(&parts);
    }
  }
  return std::time(nullptr);
}

}  // namespace dockgate::proxy::audit
