#include "policy/edits.h"

#include <algorithm>
#include <string_view>

#include "policy/bind_source.h"
#include "policy/build/read_build.h"
#include "policy/host_path.h"

namespace dockgate::policy {
namespace {

// The Engine's socket by the names it is asked for; the folders above it are not it.
bool is_engine_socket(const std::string& source, const Policy& policy) {
  if (source == "/run/docker.sock" || source == "/var/run/docker.sock") return true;
  return std::any_of(policy.runtime_sockets.begin(),
                     policy.runtime_sockets.end(),
                     [&source](const std::string& socket) { return clean_path(socket) == source; });
}

// Images are pulled before they are judged, and not again after.
void take_pull_over(Request& request, const Policy& policy) {
  if (!request.facts->build_pull || !reads_context(request, policy)) return;
  auto& query = request.target.query;
  const auto kept = std::remove_if(
      query.begin(), query.end(), [](const auto& given) { return given.first == "pull"; });
  query.erase(kept, query.end());
  request.edits.push_back({"pull", request.facts->build_pull->at});
}

}  // namespace

void apply_edits(Request& request, const Policy& policy) {
  take_pull_over(request, policy);
  if (policy.client_socket.empty() || request.facts->bind_mounts.empty()) return;
  for (BindMount& bind : request.facts.change().bind_mounts) {
    if (!is_engine_socket(bind.source, policy)) continue;
    if (!write_bind_source(request.body, bind, policy.client_socket)) continue;
    bind.source = policy.client_socket;
    request.edits.push_back({"docker_socket", bind.at});
  }
}

}  // namespace dockgate::policy
