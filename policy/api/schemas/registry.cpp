// The body of SystemAuth: Docker's type `registry.AuthConfig`, API 1.24 to 1.56.
#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Field auth_config_fields[] = {
    {"username", Type::string},
    {"password", Type::string},
    {"auth", Type::string},
    {"email", Type::string},
    {"serveraddress", Type::string, read_login_address},
    {"identitytoken", Type::string},
    {"registrytoken", Type::string},
};

}  // namespace

constinit const Schema auth_config_schema{
    .name = "AuthConfig", .fields = auth_config_fields, .secret = true};

}  // namespace dockgate::policy
