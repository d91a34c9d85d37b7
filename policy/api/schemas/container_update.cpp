// The body of ContainerUpdate: a container's limits, and when it is started again. Docker's type
// `container.UpdateConfig`, API 1.24 to 1.56.
#include "policy/api/schemas.h"
#include "policy/api/schemas/joined.h"
#include "policy/api/schemas/resources.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Field ulimit_fields[] = {
    {"Name", Type::string, read_with_parent},
    {"Hard", Type::int64, read_with_parent},
    {"Soft", Type::int64, read_with_parent},
};
constexpr Field restart_policy_fields[] = {
    {"Name", Type::string, read_with_parent},
    {"MaximumRetryCount", Type::int64},
};

constexpr Field own_fields[] = {
    {"RestartPolicy", Type::object, read_restart_policy, &restart_policy_schema},
};

constexpr auto container_update_fields = joined(resources_fields, own_fields);

}  // namespace

constinit const Schema ulimit_schema{.name = "Ulimit", .fields = ulimit_fields};
constinit const Schema restart_policy_schema{.name = "RestartPolicy",
                                             .fields = restart_policy_fields};
constinit const Schema container_update_schema{.name = "UpdateConfig",
                                               .fields = container_update_fields};

}  // namespace dockgate::policy
