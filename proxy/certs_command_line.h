// The arguments of `dockgate certs …` -> what to do.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "certs/authority.h"

namespace CLI {
class App;
}

namespace dockgate::proxy {

struct CertsCommand {
  enum class Action : unsigned char { init, server, client, renew, revoke, list };
  Action action = Action::list;
  std::string folder;
  std::string name;  // client, renew, revoke; "": renew --crl
  certs::AuthorityRequest authority;
  certs::Request request;
  certs::Handing handing;
  std::optional<int> days;
  bool rsa = false;
  bool force = false;
  bool keep_key = false;
  bool crl_alone = false;
  bool older_alone = false;
};

// Adds `certs` and what is below it to `app`; parsing fills `out` and then calls `chosen`.
void add_certs(CLI::App& app, CertsCommand& out, std::function<void()> chosen);

}  // namespace dockgate::proxy
