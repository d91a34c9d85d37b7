#include "proxy/healthcheck.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <optional>
#include <string>

#include "proxy/socket_address.h"

namespace dockgate::proxy {
namespace {

constexpr timeval patience{5, 0};
constexpr std::size_t longest_answer = 4096;

struct Question {
  policy::ListenAddress address;
  std::string path;
};

// One that can be asked without a certificate, at an address that the settings tell.
bool can_be_asked(const policy::Listen& listen) {
  const policy::TcpAddress* const tcp = listen.tcp_address();
  return !listen.tls && (tcp == nullptr || tcp->port != 0);
}

std::optional<Question> question_for(const policy::Settings& settings) {
  if (settings.admin && can_be_asked(*settings.admin)) {
    return Question{settings.admin->address, "/readyz"};
  }
  for (const policy::Listen& listen : settings.listen) {
    if (can_be_asked(listen)) return Question{listen.address, "/_ping"};
  }
  return std::nullopt;
}

bool say(int socket, const std::string& text) {
  return ::send(socket, text.data(), text.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(text.size());
}

// What came back, or nothing.
std::string answer_of(const Question& question) {
  const SocketAddress where = socket_address(question.address);
  const int socket = ::socket(where.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const std::string request =
      "GET " + question.path + " HTTP/1.1\r\nHost: dockgate\r\nConnection: close\r\n\r\n";
  std::string answer;
  if (::connect(socket, where.general(), where.size) == 0 && say(socket, request)) {
    char piece[512];
    ssize_t came = 0;
    while (answer.size() < longest_answer && (came = ::recv(socket, piece, sizeof piece, 0)) > 0) {
      answer.append(piece, static_cast<std::size_t>(came));
    }
  }
  if (answer.empty()) answer = std::string("no answer: ") + std::strerror(errno);
  ::close(socket);
  return answer;
}

int fail(const std::string& why) {
  std::cerr << "dockgate is not healthy: " << why << "\n";
  return 1;
}

}  // namespace

int healthcheck(const policy::Settings& settings) {
  const auto question = question_for(settings);
  if (!question) {
    return fail(
        "there is nobody to ask without a certificate; give `admin` a Unix socket or a port of "
        "loopback");
  }
  const std::string answer = answer_of(*question);
  if (answer.compare(0, 12, "HTTP/1.1 200") == 0) return 0;
  const std::size_t body = answer.find("\r\n\r\n");
  const std::string address =
      std::visit([](const auto& one) { return one.text(); }, question->address);
  return fail(address + question->path + ": " + answer.substr(0, answer.find("\r\n")) +
              (body == answer.npos ? "" : " " + answer.substr(body + 4)));
}

}  // namespace dockgate::proxy
