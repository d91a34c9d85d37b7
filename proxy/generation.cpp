#include "proxy/generation.h"

#include <algorithm>
#include <utility>

#include "certs/fingerprint.h"
#include "policy/load/load_settings.h"

namespace dockgate::proxy {

Generation::Generation(policy::Settings read, const Generation* before)
    : number(before == nullptr ? 1 : before->number + 1),
      settings(std::move(read)),
      digest(certs::fingerprint(policy::describe(settings))),
      loaded(std::chrono::system_clock::now()),
      paths(settings.host_root),
      clients(settings, before == nullptr ? nullptr : &before->clients) {}

std::string Generation::problem() const {
  const bool blind = !settings.host_root.empty() && !paths.can_see();
  return blind ? "cannot see the host's files at " + settings.host_root : "";
}

bool Generation::has_listener(const std::string& name) const {
  const auto& all = settings.listen;
  return std::any_of(
      all.begin(), all.end(), [&name](const policy::Listen& one) { return one.text() == name; });
}

}  // namespace dockgate::proxy
