// Config: what a container runs. Docker's type `container.Config`, API 1.24 to 1.56, which the body
// of ContainerCreate embeds: its rows stand there among the others.
#pragma once

#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {

inline constexpr Schema port_or_volume{.name = "struct{}", .fields = {}};

inline constexpr Field config_fields[] = {
    {"Hostname", Type::string},
    {"Domainname", Type::string},
    {"User", Type::string, read_user},
    {"AttachStdin", Type::boolean},
    {"AttachStdout", Type::boolean},
    {"AttachStderr", Type::boolean},
    {"ExposedPorts", Type::object_map, safe, &port_or_volume},
    {"Tty", Type::boolean},
    {"OpenStdin", Type::boolean},
    {"StdinOnce", Type::boolean},
    {"Env", Type::strings, read_environment},
    {"Cmd", Type::string_or_strings, read_command},
    {"Healthcheck", Type::object, safe, &healthcheck_schema},
    {"ArgsEscaped", Type::boolean},
    {"Image", Type::string, read_image},
    {"Volumes", Type::object_map, safe, &port_or_volume},
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

}  // namespace dockgate::policy
