// The audit as RFC 5424 messages: datagrams or a stream on a Unix socket, TCP (RFC 6587, octets
// counted), TLS (RFC 5425).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "certs/result.h"
#include "policy/settings.h"
#include "proxy/audit/queued_sink.h"

namespace dockgate::proxy::audit {

// `<84>1 2026-11-24T15:30:00.000000Z host dockgate 4711 request - {"v":1,…}`
std::string syslog_message(std::string_view line, int facility, const std::string& host);

// Fails where the CA's file cannot be used.
certs::Result<std::unique_ptr<Carrier>> syslog_carrier(const policy::Syslog& settings);

}  // namespace dockgate::proxy::audit
