// A container's Config by itself, the body of ImageCommit; and its Healthcheck.
#include "policy/api/schemas/container_config.h"

namespace dockgate::policy {
namespace {

constexpr Field healthcheck_fields[] = {
    {"Test", Type::strings, read_healthcheck_test},
    {"Interval", Type::int64, read_healthcheck_interval},
    {"Timeout", Type::int64},
    {"StartPeriod", Type::int64},                               // 1.29
    {"StartInterval", Type::int64, read_healthcheck_interval},  // 1.44
    {"Retries", Type::int64},
};

}  // namespace

constinit const Schema healthcheck_schema{.name = "HealthConfig", .fields = healthcheck_fields};
constinit const Schema config_schema{.name = "Config", .fields = config_fields};

}  // namespace dockgate::policy
