#include "proxy/passed_sockets.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "proxy/socket_address.h"

namespace dockgate::proxy {
namespace {

constexpr int first_descriptor = 3;
constexpr int most = 1024;

int number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  const std::string_view digits = text == nullptr ? "" : text;
  int number = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool whole = error == std::errc() && stop == digits.data() + digits.size();
  return whole && number > 0 ? number : 0;
}

// `one:two:three`
std::vector<std::string> names_in(const char* variable) {
  const char* const text = std::getenv(variable);
  std::string_view left = text == nullptr ? "" : text;
  std::vector<std::string> out;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find(':'), left.size());
    out.emplace_back(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return out;
}

bool listens(int descriptor) {
  int answer = 0;
  socklen_t size = sizeof answer;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &answer, &size) == 0 && answer != 0;
}

}  // namespace

PassedSockets PassedSockets::from_environment() {
  PassedSockets out;
  const bool for_us = number_in("LISTEN_PID") == ::getpid();
  const int count = for_us ? std::min(number_in("LISTEN_FDS"), most) : 0;
  const std::vector<std::string> names = names_in("LISTEN_FDNAMES");
  for (const char* const used : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(used);
  for (int i = 0; i < count; ++i) {
    const int descriptor = first_descriptor + i;
    const auto place = static_cast<std::size_t>(i);
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    out.all_.push_back({.descriptor = descriptor,
                        .name = place < names.size() ? names[place] : "",
                        .address = bound_address(descriptor)});
  }
  return out;
}

PassedSockets::~PassedSockets() {
  for (const Passed& one : all_) ::close(one.descriptor);
}

std::optional<int> PassedSockets::at(const policy::ListenAddress& address) const {
  const auto found = std::find_if(
      all_.begin(), all_.end(), [&address](const Passed& one) { return one.address == address; });
  if (found == all_.end()) return std::nullopt;
  const int descriptor = ::fcntl(found->descriptor, F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) return std::nullopt;
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  return descriptor;
}

std::string PassedSockets::problem(const policy::Settings& settings) const {
  for (const Passed& one : all_) {
    const auto& listeners = settings.listen;
    const bool wanted =
        (settings.admin && settings.admin->address == one.address) ||
        std::any_of(listeners.begin(), listeners.end(), [&one](const policy::Listen& listen) {
          return listen.address == one.address;
        });
    std::string name = "the socket `" + one.name + "` that was handed over";
    if (!listens(one.descriptor)) return name + " does not listen";
    if (!one.address) return name + " has no address that a listener can have";
    if (!wanted) {
      const auto text = [](const auto& address) { return address.text(); };
      return name + " is for " + std::visit(text, *one.address) + ", where no listener is to be";
    }
  }
  return "";
}

}  // namespace dockgate::proxy
