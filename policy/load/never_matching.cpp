// Which rows of `clients:` are for nobody: what an operator would otherwise find out from a runner
// that is let in as somebody else.
#include <algorithm>

#include "policy/load/load_settings.h"

namespace dockgate::policy {
namespace {

// Whether a peer that came in by this listener could be this client, as far as kinds go.
bool can_come_by(const Client& client, const Listen& listen) {
  if (client.listener && *client.listener != listen.text()) return false;
  const bool is_unix = listen.unix_address() != nullptr;
  if (client.unix_peer && !is_unix) return false;
  if (client.certificate && !listen.tls) return false;
  return client.address.empty() || !is_unix;
}

std::string why_never(const Client& client, const Settings& settings) {
  const auto& listeners = settings.listen;
  const bool has_door = std::any_of(listeners.begin(), listeners.end(), [&](const Listen& listen) {
    return !listen.in_private_folder && can_come_by(client, listen);
  });
  if (!has_door) return "no listener lets such a peer in";
  for (const Client& earlier : settings.clients) {
    if (&earlier == &client) break;
    if (covers(earlier, client)) return "client `" + earlier.name + "` before it takes all of them";
  }
  return "";
}

}  // namespace

std::vector<std::string> clients_that_never_match(const Settings& settings) {
  std::vector<std::string> warnings;
  for (const Client& client : settings.clients) {
    const std::string why = why_never(client, settings);
    if (!why.empty()) warnings.push_back("client `" + client.name + "` can never match: " + why);
  }
  return warnings;
}

}  // namespace dockgate::policy
