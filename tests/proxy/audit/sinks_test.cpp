#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "proxy/audit/journal.h"
#include "proxy/audit/syslog.h"

namespace dockgate::proxy::audit {
namespace {

constexpr const char* refused =
    R"({"v":1,"time":"2026-11-24T15:30:00.000001Z","id":"a-1","event":"request",)"
    R"("client":{"name":"ci"},"operation":"SwarmLeave","verdict":"refuse","policy":"p",)"
    R"("reasons":[{"rule":"operation","at":"","value":"SwarmLeave","mend":""},)"
    R"({"rule":"other","at":"","value":"a","mend":""}],"status":403,"seq":7,"hash":"x"})";

TEST(Syslog, IsWhatRfc5424Says) {
  const std::string process = std::to_string(::getpid());
  EXPECT_EQ(syslog_message(refused, 10, "gate"),
            "<84>1 2026-11-24T15:30:00.000001Z gate dockgate " + process + " request - " + refused);
  const std::string allowed = R"({"time":"T","event":"decision","verdict":"allow"})";
  EXPECT_EQ(syslog_message(allowed, 16, "gate"),
            "<134>1 T gate dockgate " + process + " decision - " + allowed);
}

TEST(Journal, HasAFieldForWhatIsAskedFor) {
  EXPECT_EQ(
      journal_fields(refused),
      "MESSAGE=" + std::string(refused) +
          "\nSYSLOG_IDENTIFIER=dockgate\nPRIORITY=4\nDOCKGATE_ID=a-1\nDOCKGATE_EVENT=request\n"
          "DOCKGATE_CLIENT=ci\nDOCKGATE_OPERATION=SwarmLeave\nDOCKGATE_POLICY=p\n"
          "DOCKGATE_VERDICT=refuse\nDOCKGATE_STATUS=403\nDOCKGATE_SEQ=7\n"
          "DOCKGATE_RULE=operation\nDOCKGATE_RULE=other\n");
}

TEST(Journal, LetsNoValueBecomeAField) {
  const std::string line = R"({"object":"a\nPRIORITY=0","event":"request"})";
  EXPECT_EQ(journal_fields(line),
            "MESSAGE=" + line +
                "\nSYSLOG_IDENTIFIER=dockgate\nPRIORITY=6\nDOCKGATE_EVENT=request\n"
                "DOCKGATE_OBJECT\n" +
                std::string("\x0c\0\0\0\0\0\0\0", 8) + "a\nPRIORITY=0\n");
}

}  // namespace
}  // namespace dockgate::proxy::audit
