// The body of ContainerCreate: Config's fields at the top, HostConfig and NetworkingConfig in it.
#include "policy/api/schemas.h"
#include "policy/api/schemas/container_config.h"
#include "policy/api/schemas/joined.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Field networking_config_fields[] = {
    {"EndpointsConfig", Type::object_map, read_endpoints, &endpoint_settings_schema},
};
constexpr Schema networking_config{.name = "NetworkingConfig", .fields = networking_config_fields};

constexpr Field own_fields[] = {
    {"HostConfig", Type::object, safe, &host_config_schema},
    {"NetworkingConfig", Type::object, safe, &networking_config},
    {"Cpuset", Type::string},  // before HostConfig.CpusetCpus had its name
};
constexpr auto create_fields = joined(config_fields, own_fields);

}  // namespace

constinit const Schema container_create_schema{
    .name = "CreateRequest",
    .fields = create_fields,
    .inlined_under = "HostConfig",
    .inlined = &host_config_schema,
};

}  // namespace dockgate::policy
