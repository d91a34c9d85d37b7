#include "proxy/audit/sinks.h"

#include <utility>

#include "proxy/audit/journal.h"
#include "proxy/audit/queued_sink.h"
#include "proxy/audit/syslog.h"

namespace dockgate::proxy::audit {

certs::Result<std::vector<std::unique_ptr<Sink>>> sinks_for(const policy::AuditSettings& settings) {
  std::vector<std::unique_ptr<Sink>> sinks;
  if (settings.syslog) {
    auto carrier = syslog_carrier(*settings.syslog);
    if (!carrier) return carrier.error();
    sinks.push_back(
        std::make_unique<QueuedSink>("syslog at " + settings.syslog->address, std::move(*carrier)));
  }
  if (!settings.journal.empty()) {
    sinks.push_back(std::make_unique<QueuedSink>(
        "the journal", std::make_unique<JournalCarrier>(settings.journal)));
  }
  return sinks;
}

}  // namespace dockgate::proxy::audit
