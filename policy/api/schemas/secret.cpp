// The bodies of SecretCreate, SecretUpdate, ConfigCreate and ConfigUpdate, API 1.25 to 1.56. The
// options of a driver are judged with its name: a policy that lists the driver trusts it.
#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Field secret_fields[] = {
    {"Name", Type::string, read_secret_name},
    {"Labels", Type::string_map, read_labels},
    {"Data", Type::string},                                                      // base64
    {"Driver", Type::object, read_secret_driver, &swarm_driver_schema},          // 1.31
    {"Templating", Type::object, read_secret_templating, &swarm_driver_schema},  // 1.37
};

constexpr Field config_fields[] = {
    {"Name", Type::string, read_config_name},
    {"Labels", Type::string_map, read_labels},
    {"Data", Type::string},                                                      // base64
    {"Templating", Type::object, read_config_templating, &swarm_driver_schema},  // 1.37
};

}  // namespace

constinit const Schema secret_spec_schema{
    .name = "SecretSpec", .fields = secret_fields, .secret = true};
constinit const Schema config_spec_schema{
    .name = "ConfigSpec", .fields = config_fields, .secret = true};

}  // namespace dockgate::policy
