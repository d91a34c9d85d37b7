// Proves that a trail's files hold one chain, whole and in order: no line was changed, dropped or
// exchanged. Reads each file once; no JSON is taken apart but in the trail's own few records.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "certs/signing.h"
#include "proxy/audit/chain.h"

namespace dockgate::proxy::audit {

struct Finding {
  enum class Kind : std::uint8_t {
    broken,  // the chain: a line was changed, dropped, exchanged or added, or nothing proves it was
             // not
    note,    // what may happen to an honest trail: a torn end, records that could not be written
  };
  Kind kind = Kind::broken;
  std::string text;  // `audit.jsonl:17: …`
};

struct Verified {
  std::vector<Finding> findings;  // the first hundred of each kind
  std::uint64_t files = 0;
  std::uint64_t records = 0;
  std::uint64_t broken = 0;  // findings of that kind
  Link first;                // of all that was read
  Link last;
  std::uint64_t signatures = 0;  // that a key verified
  std::uint64_t unsigned_ = 0;   // records after the last of them
  std::string unreadable;        // "": nothing was

  bool holds() const { return broken == 0 && unreadable.empty(); }
};

// The files in any order. With keys, every signature must be of one of them, and there must be one
// as often as the trail says.
Verified verify(const std::vector<std::string>& files, const std::vector<certs::PublicKey>& keys);

}  // namespace dockgate::proxy::audit
