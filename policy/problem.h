// An operator's mistake in a file they wrote: where, what, and how to mend it.
#pragma once

#include <string>
#include <vector>

namespace dockgate::policy {

struct Problem {
  std::string file;
  int line = 0;    // from 1; 0 where the whole file is meant
  int column = 0;  // from 1
  std::string what;
  std::string mend;  // may be empty

  // `file:line:column: what; mend`
  std::string text() const;
};

using Problems = std::vector<Problem>;

}  // namespace dockgate::policy
