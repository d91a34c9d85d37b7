#include "proxy/expiry_watch.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dockgate::proxy {
namespace {

using std::chrono::hours;

constexpr hours day{24};
constexpr hours thresholds[] = {30 * day, 7 * day, day, hours(0)};

std::string how_long(std::chrono::system_clock::duration left) {
  const auto whole = std::chrono::duration_cast<hours>(left);
  if (left <= hours(0)) return "has ended: handshakes fail";
  if (whole >= 2 * day) return "ends in " + std::to_string(whole / day) + " days";
  return "ends in " + std::to_string(whole.count()) + " hours";
}

}  // namespace

std::vector<std::string> ExpiryWatch::look(const std::vector<DoorState>& doors,
                                           TlsEnds::TimePoint now) {
  std::vector<std::string> out;
  for (const DoorState& door : doors) {
    if (!door.ends) continue;
    const std::pair<const char*, TlsEnds::TimePoint> ends[] = {
        {"certificate", door.ends->certificate},
        {"clients' authority", door.ends->client_ca},
        {"revocation list", door.ends->crl}};
    for (const auto& [what, end] : ends) {
      const auto left = end - now;
      const auto step = static_cast<std::size_t>(
          std::count_if(std::begin(thresholds), std::end(thresholds), [left](hours threshold) {
            return left <= threshold;
          }));
      std::string name = door.address + ": the " + what;
      Told& told = told_[name];
      if (told.end != end) told = {.end = end};
      if (step > told.step) out.push_back(std::move(name) + " " + how_long(left));
      told.step = step;
    }
  }
  return out;
}

}  // namespace dockgate::proxy
