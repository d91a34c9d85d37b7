#include "proxy/audit/syslog.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <utility>

#include "policy/strict_json.h"
#include "proxy/audit/severity.h"
#include "proxy/audit/syslog_connection.h"

namespace dockgate::proxy::audit {
namespace {

std::string host_name() {
  utsname names{};
  const std::string name = ::uname(&names) == 0 ? names.nodename : "";
  return name.empty() ? "-" : name;
}

class SyslogCarrier final : public Carrier {
 public:
  SyslogCarrier(int facility, std::unique_ptr<SyslogConnection> connection)
      : facility_(facility), host_(host_name()), connection_(std::move(connection)) {}

  Carried carry(std::string_view line) override {
    return connection_->send(syslog_message(line, facility_, host_));
  }

 private:
  int facility_;
  std::string host_;
  std::unique_ptr<SyslogConnection> connection_;
};

}  // namespace

std::string syslog_message(std::string_view line, int facility, const std::string& host) {
  const auto record = policy::parse_json(line, "");
  const int severity = record ? severity_of(*record) : 4;
  const auto text = [&record](std::string_view key) {
    return record ? std::string(policy::string_or(record->find(key), "-")) : "-";
  };
  std::string message = "<" + std::to_string(facility * 8 + severity) + ">1 " + text("time") + " " +
                        host + " dockgate " + std::to_string(::getpid()) + " " + text("event") +
                        " - ";
  message += line;
  return message;
}

certs::Result<std::unique_ptr<Carrier>> syslog_carrier(const policy::Syslog& settings) {
  auto connection = syslog_connection(settings);
  if (!connection) return connection.error();
  return std::unique_ptr<Carrier>(
      std::make_unique<SyslogCarrier>(settings.facility, std::move(*connection)));
}

}  // namespace dockgate::proxy::audit
