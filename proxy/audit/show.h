// `dockgate audit show`: a trail for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proxy/audit/filter.h"

namespace dockgate::proxy::audit {

struct ShowOptions {
  std::vector<std::string> files;  // in the order they are to be read; "-" is standard input
  Filter filter;
  bool as_json = false;  // the lines as they are
  bool coloured = false;
  bool follow = false;  // the last file, through its rotations, until somebody interrupts
};

// 0, or 2 where a file cannot be read.
int show(const ShowOptions& options);

// One record, in one line and one more for each reason. "" for what is no record.
std::string shown(std::string_view line, const ShowOptions& options);

}  // namespace dockgate::proxy::audit
