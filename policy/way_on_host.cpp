#include <algorithm>

#include "policy/facts.h"

namespace dockgate::policy {

std::string WayOnHost::text() const {
  std::string out = end;
  for (const std::string& place : places) (out += '\0') += place;
  return out;
}

WayOnHost WayOnHost::of_text(std::string_view text) {
  const auto take = [&text] {
    const std::size_t stop = std::min(text.find('\0'), text.size());
    std::string part(text.substr(0, stop));
    text.remove_prefix(std::min(stop + 1, text.size()));
    return part;
  };
  WayOnHost out;
  out.end = take();
  while (!text.empty()) out.places.push_back(take());
  return out;
}

}  // namespace dockgate::policy
