// The bodies of ContainerExec and ExecStart, API 1.24 to 1.56.
#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Field exec_create_fields[] = {
    {"User", Type::string, read_user},
    {"Privileged", Type::boolean, read_exec_privileged},
    {"Tty", Type::boolean},
    {"ConsoleSize", Type::integers},  // 1.42
    {"AttachStdin", Type::boolean},
    {"AttachStderr", Type::boolean},
    {"AttachStdout", Type::boolean},
    {"Detach", Type::boolean},  // some clients send it here too, where the Engine ignores it
    {"DetachKeys", Type::string},
    {"Env", Type::strings, read_environment},           // 1.25
    {"WorkingDir", Type::string, read_working_dir},     // 1.35
    {"Cmd", Type::string_or_strings, read_command},
    {"Container", Type::string},  // docker-py repeats the path's argument; the Engine ignores it
};

constexpr Field exec_start_fields[] = {
    {"Detach", Type::boolean},
    {"Tty", Type::boolean},
    {"ConsoleSize", Type::integers},  // 1.42
    {"hijack", Type::unread},         // dockerode sends what it asks of itself
    {"stdin", Type::unread},
};

}  // namespace

constinit const Schema exec_create_schema{.name = "ExecCreateRequest", .fields = exec_create_fields};
constinit const Schema exec_start_schema{.name = "ExecStartRequest", .fields = exec_start_fields};

}  // namespace dockgate::policy
