// Where a trail's file ends: what a restarted dockgate goes on behind.
#pragma once

#include <cstdint>
#include <string>

#include "certs/result.h"
#include "proxy/audit/chain.h"

namespace dockgate::proxy::audit {

struct FileEnd {
  Link head;         // of the last line of a chain
  std::string torn;  // what stands behind it
};

// Of an open file that is not empty. A mistake where nothing in it is a line of a trail.
certs::Result<FileEnd> end_of_file(int descriptor, std::uint64_t size, const std::string& file);

// Of a file that is complete, plain or compressed.
certs::Result<FileEnd> end_of_file(const std::string& file);

// When the first record was written, in seconds since 1970; now where that cannot be read.
std::int64_t beginning_of_file(int descriptor);

}  // namespace dockgate::proxy::audit
