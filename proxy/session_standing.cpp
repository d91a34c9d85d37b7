// Settings that change under a session: who its client is by the newer ones, and whether what is
// under way may go on.
#include <spdlog/spdlog.h>

#include <utility>

#include "policy/judge.h"
#include "proxy/exchange.h"
#include "proxy/session.h"

namespace dockgate::proxy {

void Session::take_over() {
  if (idle_) {
    look_who_it_is();
  } else if (lasting_ != nullptr && loop_.in_force->settings.reload.revoke) {
    const auto objection = objection_to(*lasting_, *loop_.in_force);
    if (!objection) return;
    spdlog::warn(
        "ending request {} of {}: {}", lasting_->record.id, who().name, objection->message);
    lasting_->revoked = true;
    abort();
  }
}

void Session::look_who_it_is() {
  if (standing_.generation == loop_.in_force) return;
  renew(standing_, peer_, loop_.in_force);
  tally_ = &tally_of_client();
  write_evidence();
}

void Session::write_evidence() {
  evidence_.clear();
  audit::write_evidence(standing_.who == nullptr ? "" : who().name, peer_, evidence_);
}

ClientTally& Session::tally_of_client() const {
  return loop_.tally.of(standing_.who == nullptr ? "" : who().name);
}

// The same of what is in force by now, where that is to end what it would refuse.
std::optional<Refused> Session::objection_of_newest(const Exchange& exchange) const {
  const Generation& newest = *loop_.in_force;
  const bool changed = &newest != standing_.generation.get();
  if (!changed || !newest.settings.reload.revoke) return std::nullopt;
  return objection_to(exchange, newest);
}

// Why a newer generation would refuse what is under way, by what was found when it began; nothing
// where it would not.
std::optional<Refused> Session::objection_to(const Exchange& exchange,
                                             const Generation& newer) const {
  const policy::Client* const client =
      newer.has_listener(peer_.listener) ? newer.settings.client_of(peer_) : nullptr;
  if (client == nullptr) return Refused(403, "dockgate: nobody's client any more", After::close);
  const policy::Verdict verdict =
      policy::judge(exchange.request, exchange.answers, *client->policy);
  if (verdict.allowed()) return std::nullopt;
  return refused_for(verdict.reasons(), &exchange.operation(), client->policy->name, After::close);
}

}  // namespace dockgate::proxy
