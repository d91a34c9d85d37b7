#include "policy/settings.h"

#include "policy/ip_range.h"

namespace dockgate::policy {

bool TcpAddress::is_loopback() const { return lies_within(ip, "127.0.0.0/8") || ip == "::1"; }

std::string TcpAddress::text() const {
  return "tcp://" + (is_ipv6() ? "[" + ip + "]" : ip) + ":" + std::to_string(port);
}

std::string_view name_of(Log::Level level) {
  switch (level) {
    case Log::Level::debug:
      return "debug";
    case Log::Level::info:
      return "info";
    case Log::Level::warn:
      return "warn";
    case Log::Level::error:
      break;
  }
  return "error";
}

std::optional<Log::Level> log_level_named(std::string_view name) {
  for (const Log::Level level :
       {Log::Level::debug, Log::Level::info, Log::Level::warn, Log::Level::error}) {
    if (name == name_of(level)) return level;
  }
  return std::nullopt;
}

std::string Listen::text() const {
  return std::visit([](const auto& one) { return one.text(); }, address);
}

const UnixAddress* Listen::unix_address() const { return std::get_if<UnixAddress>(&address); }

const TcpAddress* Listen::tcp_address() const { return std::get_if<TcpAddress>(&address); }

const Client* Settings::client_of(const Peer& peer) const {
  for (const Client& client : clients) {
    if (!client.own_listener.empty() && client.own_listener == peer.listener) return &client;
  }
  for (const Client& client : clients) {
    if (client.matches(peer)) return &client;
  }
  return nullptr;
}

}  // namespace dockgate::policy
