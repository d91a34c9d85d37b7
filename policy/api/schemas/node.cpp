// The body of NodeUpdate, API 1.24 to 1.56: Docker's type `swarm.NodeSpec`.
#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Field node_fields[] = {
    {"Name", Type::string},
    {"Labels", Type::string_map, read_labels},
    {"Role", Type::string, read_node_role},
    {"Availability", Type::string, read_node_availability},
};

}  // namespace

constinit const Schema node_spec_schema{.name = "NodeSpec", .fields = node_fields};

}  // namespace dockgate::policy
