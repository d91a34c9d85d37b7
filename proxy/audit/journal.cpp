#include "proxy/audit/journal.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "policy/json.h"
#include "policy/strict_json.h"
#include "proxy/audit/severity.h"

namespace dockgate::proxy::audit {
namespace {

using policy::Json;

// `KEY=value`, or with the value's length where it has line feeds.
void add_field(std::string_view key, std::string_view value, std::string& out) {
  out += key;
  if (value.find('\n') == std::string_view::npos) {
    out += '=';
  } else {
    out += '\n';
    for (unsigned shift = 0; shift < 64; shift += 8) {
      out += static_cast<char>((value.size() >> shift) & 0xff);
    }
  }
  out += value;
  out += '\n';
}

void add_text(const char* key, const Json* value, std::string& out) {
  if (value == nullptr || (!value->is(Json::Kind::string) && !value->is(Json::Kind::number)))
    return;
  add_field(key, value->text, out);
}

Carrier::Carried failed(const char* what) {
  return {Carrier::Outcome::try_again, std::string(what) + ": " + std::strerror(errno)};
}

bool send_message(int socket, const sockaddr_un& address, iovec* bytes, int passed) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  sockaddr_un to = address;
  message.msg_name = &to;
  message.msg_namelen = sizeof to;
  message.msg_iov = bytes;
  message.msg_iovlen = bytes == nullptr ? 0 : 1;
  if (passed >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) >= 0;
}

// journald takes only memory that nobody can change any more.
bool send_as_memory(int socket, const sockaddr_un& address, std::string_view fields) {
  const int memory = ::memfd_create("dockgate-audit", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (memory < 0) return false;
  const bool sent =
      ::write(memory, fields.data(), fields.size()) == static_cast<ssize_t>(fields.size()) &&
      ::fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0 &&
      send_message(socket, address, nullptr, memory);
  const int error = errno;
  ::close(memory);
  errno = error;
  return sent;
}

}  // namespace

std::string journal_fields(std::string_view line) {
  std::string out;
  add_field("MESSAGE", line, out);
  add_field("SYSLOG_IDENTIFIER", "dockgate", out);
  const auto record = policy::parse_json(line, "");
  if (!record) return out;
  add_field("PRIORITY", std::to_string(severity_of(*record)), out);
  add_text("DOCKGATE_ID", record->find("id"), out);
  add_text("DOCKGATE_EVENT", record->find("event"), out);
  if (const Json* const client = record->find("client")) {
    add_text("DOCKGATE_CLIENT", client->find("name"), out);
  }
  add_text("DOCKGATE_OPERATION", record->find("operation"), out);
  add_text("DOCKGATE_OBJECT", record->find("object"), out);
  add_text("DOCKGATE_POLICY", record->find("policy"), out);
  add_text("DOCKGATE_VERDICT", record->find("verdict"), out);
  add_text("DOCKGATE_STATUS", record->find("status"), out);
  add_text("DOCKGATE_SEQ", record->find("seq"), out);
  if (const Json* const reasons = record->find("reasons")) {
    for (const Json& reason : reasons->items) {
      add_text("DOCKGATE_RULE", reason.find("rule"), out);
    }
  }
  return out;
}

JournalCarrier::~JournalCarrier() {
  if (socket_ >= 0) ::close(socket_);
}

Carrier::Carried JournalCarrier::carry(std::string_view line) {
  sockaddr_un address{};
  if (path_.size() >= sizeof address.sun_path) {
    return {Outcome::cannot_be_carried, "the socket's path is too long"};
  }
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, path_.size());
  if (socket_ < 0) socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return failed("no socket");
  const timeval patience{.tv_sec = 2, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  std::string fields = journal_fields(line);
  iovec bytes{fields.data(), fields.size()};
  if (send_message(socket_, address, &bytes, -1)) return {};
  if (errno != EMSGSIZE && errno != ENOBUFS) return failed(path_.c_str());
  if (send_as_memory(socket_, address, fields)) return {};
  return failed(path_.c_str());
}

}  // namespace dockgate::proxy::audit
