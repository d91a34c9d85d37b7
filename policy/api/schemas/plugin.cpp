// The bodies of PluginPull and PluginUpgrade, a list of the privileges that the client grants, and
// of PluginSet, a list of `setting=value`, API 1.25 to 1.56.
#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Field privilege_fields[] = {
    {"Name", Type::string, read_with_parent},
    {"Description", Type::string},
    {"Value", Type::strings, read_with_parent},
};
constexpr Schema privilege{.name = "Privilege", .fields = privilege_fields};

constexpr Field privileges_list[] = {
    {"", Type::objects, read_plugin_privileges, &privilege},
};

constexpr Field settings_list[] = {
    {"", Type::strings, read_plugin_settings},
};

}  // namespace

constinit const Schema plugin_privileges_schema{
    .name = "Privileges", .fields = privileges_list, .bare = true};
constinit const Schema plugin_settings_schema{
    .name = "[]string", .fields = settings_list, .bare = true};

}  // namespace dockgate::policy
