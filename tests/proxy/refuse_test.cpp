#include "proxy/refuse.h"

#include <gtest/gtest.h>

namespace dockgate::proxy {
namespace {

policy::Reasons two_reasons() {
  policy::Reasons reasons;
  reasons.add("container.privileged", "/HostConfig/Privileged", "privileged", "use --cap-add");
  reasons.add("container.pid", "/HostConfig/PidMode", "host", "drop it");
  return reasons;
}

TEST(Refusal, TellsEveryReasonAndItsMendOnLinesOfTheirOwn) {
  const policy::Operation* const create = policy::operation_named("ContainerCreate");
  const Refused refused = refused_for(two_reasons(), create, "ci", After::next_request);
  EXPECT_EQ(refused.status, 403U);
  EXPECT_EQ(refused.message,
            "dockgate: ContainerCreate is refused by policy `ci`:\n"
            "  - privileged (container.privileged at /HostConfig/Privileged)\n"
            "    use --cap-add\n"
            "  - host (container.pid at /HostConfig/PidMode)\n"
            "    drop it");
}

TEST(Refusal, LeavesWhatIsMissingToTheEnginesWords) {
  policy::Reasons reasons;
  reasons.add(policy::Refusal::missing, "reference.missing", "", "No such container: x", "");
  const Refused refused = refused_for(reasons, nullptr, "ci", After::next_request);
  EXPECT_EQ(refused.status, 404U);
  EXPECT_EQ(refused.message, "No such container: x");
}

TEST(Refusal, KeepsALineALineWhateverAClientWrote) {
  policy::Reasons reasons;
  reasons.add("container.pid", "/x", "a\nb\x01" + std::string(1000, 'c'), "");
  const Refused refused = refused_for(reasons, nullptr, "ci", After::close);
  EXPECT_NE(refused.message.find("a b "), std::string::npos);
  EXPECT_LT(refused.message.size(), 600U);
}

TEST(Refusal, IsTheEnginesJsonShape) {
  EXPECT_EQ(refusal_body("dockgate: no", "7-1"), "{\"message\":\"dockgate: no\\nrequest 7-1\"}\n");
  EXPECT_EQ(refusal_body("No such container: x", "7-1"),
            "{\"message\":\"No such container: x\"}\n");
}

}  // namespace
}  // namespace dockgate::proxy
