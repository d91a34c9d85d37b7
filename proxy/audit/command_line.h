// The arguments of `dockgate audit …` -> what to do.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace dockgate::proxy::audit {

struct Command {
  enum class Action : unsigned char { verify, key };
  Action action = Action::verify;
  std::vector<std::string> files;
  std::vector<std::string> public_keys;
};

// Adds `audit` and what is below it to `app`; parsing fills `out` and then calls `chosen`.
void add_commands(CLI::App& app, Command& out, std::function<void()> chosen);

}  // namespace dockgate::proxy::audit
