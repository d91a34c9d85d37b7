// The audit in systemd's journal, with fields: `journalctl DOCKGATE_VERDICT=refuse`.
//
// journald's native protocol: one datagram a record, or, where that is too long for one, a sealed
// memory file that is handed over.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "proxy/audit/queued_sink.h"

namespace dockgate::proxy::audit {

// MESSAGE, the record as it is; PRIORITY; SYSLOG_IDENTIFIER; and DOCKGATE_ID, _EVENT, _CLIENT,
// _OPERATION, _OBJECT, _POLICY, _VERDICT, _STATUS, _RULE (one for each), _SEQ where there are such.
std::string journal_fields(std::string_view line);

class JournalCarrier final : public Carrier {
 public:
  // The socket's path.
  explicit JournalCarrier(std::string path) : path_(std::move(path)) {}

  ~JournalCarrier() override;

  Carried carry(std::string_view line) override;

 private:
  std::string path_;
  int socket_ = -1;
};

}  // namespace dockgate::proxy::audit
