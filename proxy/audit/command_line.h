// The arguments of `dockgate audit …` -> what to do.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "proxy/audit/filter.h"

namespace CLI {
class App;
}

namespace dockgate::proxy::audit {

struct Command {
  enum class Action : unsigned char { verify, show, report, key };
  Action action = Action::verify;
  std::vector<std::string> files;
  std::vector<std::string> public_keys;
  Filter filter;
  bool as_json = false;
  bool follow = false;
  bool plain = false;  // no colours
  std::string html;    // a file to write the report to; "": text for the terminal
};

// Adds `audit` and what is below it to `app`; parsing fills `out` and then calls `chosen`.
void add_commands(CLI::App& app, Command& out, std::function<void()> chosen);

}  // namespace dockgate::proxy::audit
