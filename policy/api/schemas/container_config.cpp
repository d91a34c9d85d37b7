// Config: what a container runs. Docker's type `container.Config`, API 1.24 to 1.56.
#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Schema empty_object{.name = "struct{}", .fields = {}};

constexpr Field healthcheck_fields[] = {
    {"Test", Type::strings, read_healthcheck_test},
    {"Interval", Type::int64, read_healthcheck_interval},
    {"Timeout", Type::int64},
    {"StartPeriod", Type::int64},                               // 1.29
    {"StartInterval", Type::int64, read_healthcheck_interval},  // 1.44
    {"Retries", Type::int64},
};

constexpr Field config_fields[] = {
    {"Hostname", Type::string},
    {"Domainname", Type::string},
    {"User", Type::string, read_user},
    {"AttachStdin", Type::boolean},
    {"AttachStdout", Type::boolean},
    {"AttachStderr", Type::boolean},
    {"ExposedPorts", Type::object_map, safe, &empty_object},
    {"Tty", Type::boolean},
    {"OpenStdin", Type::boolean},
    {"StdinOnce", Type::boolean},
    {"Env", Type::strings, read_environment},
    {"Cmd", Type::string_or_strings, read_command},
    {"Healthcheck", Type::object, safe, &healthcheck_schema},
    {"ArgsEscaped", Type::boolean},
    {"Image", Type::string, read_image},
    {"Volumes", Type::object_map, safe, &empty_object},
    {"WorkingDir", Type::string, read_working_dir},
    {"Entrypoint", Type::string_or_strings, read_entrypoint},
    {"NetworkDisabled", Type::boolean},
    {"MacAddress", Type::string, read_mac_address},  // until 1.51
    {"OnBuild", Type::strings},
    {"Labels", Type::string_map, read_labels},
    {"StopSignal", Type::string},
    {"StopTimeout", Type::int64},
    {"Shell", Type::string_or_strings, read_shell},
};

}  // namespace

constinit const Schema healthcheck_schema{.name = "HealthConfig", .fields = healthcheck_fields};
constinit const Schema config_schema{.name = "Config", .fields = config_fields};

}  // namespace dockgate::policy
