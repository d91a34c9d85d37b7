#include "policy/problem.h"

namespace dockgate::policy {

std::string Problem::text() const {
  std::string place = file;
  if (line > 0) place += ":" + std::to_string(line) + ":" + std::to_string(column);
  return place + ": " + what + (mend.empty() ? "" : "; " + mend);
}

}  // namespace dockgate::policy
