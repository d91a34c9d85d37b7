// Says in the log that certificates and revocation lists will end: 30, 7 and 1 days before, once
// each, and once more when they have.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "proxy/door.h"

namespace dockgate::proxy {

class ExpiryWatch {
 public:
  // What there is to say now: of each end that has come nearer than the last time it was looked at.
  std::vector<std::string> look(const std::vector<DoorState>& doors, TlsEnds::TimePoint now);

 private:
  struct Told {
    TlsEnds::TimePoint end;
    std::size_t step = 0;  // how many of the thresholds lie behind
  };

  std::map<std::string, Told> told_;
};

}  // namespace dockgate::proxy
