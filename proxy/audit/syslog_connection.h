// A way to a syslog server, made anew when it breaks.
#pragma once

#include <memory>
#include <string>

#include "certs/result.h"
#include "policy/settings.h"
#include "proxy/audit/queued_sink.h"

namespace dockgate::proxy::audit {

class SyslogConnection {
 public:
  SyslogConnection() = default;
  virtual ~SyslogConnection() = default;
  SyslogConnection(const SyslogConnection&) = delete;
  SyslogConnection& operator=(const SyslogConnection&) = delete;

  // Connects where there is no connection.
  virtual Carrier::Carried send(const std::string& message) = 0;
};

// Fails where the CA's file cannot be used.
certs::Result<std::unique_ptr<SyslogConnection>> syslog_connection(const policy::Syslog& settings);

}  // namespace dockgate::proxy::audit
