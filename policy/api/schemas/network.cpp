// The bodies of NetworkCreate, NetworkConnect and NetworkDisconnect, API 1.24 to 1.56, and a
// container's place in a network, which ContainerCreate has too.
#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Field endpoint_ipam_fields[] = {
    {"IPv4Address", Type::string, read_address},
    {"IPv6Address", Type::string, read_address},
    {"LinkLocalIPs", Type::strings, read_link_local_addresses},
};
constexpr Schema endpoint_ipam{.name = "EndpointIPAMConfig", .fields = endpoint_ipam_fields};

constexpr Field endpoint_settings_fields[] = {
    {"IPAMConfig", Type::object, safe, &endpoint_ipam},
    {"Links", Type::strings, read_links},
    {"Aliases", Type::strings, read_aliases},
    {"DriverOpts", Type::string_map, read_endpoint_driver_opts},  // 1.32
    {"GwPriority", Type::int64},                                  // 1.48
    {"NetworkID", Type::string},  // not forwarded: the network is the one that is named beside it
    {"EndpointID", Type::string},
    {"Gateway", Type::string},
    {"IPAddress", Type::string},
    {"MacAddress", Type::string, read_mac_address},
    {"IPPrefixLen", Type::int64},
    {"IPv6Gateway", Type::string},
    {"GlobalIPv6Address", Type::string},
    {"GlobalIPv6PrefixLen", Type::int64},
    {"DNSNames", Type::strings},  // 1.44
};

constexpr Field ipam_config_fields[] = {
    {"Subnet", Type::string, read_subnet},
    {"IPRange", Type::string, read_subnet},
    {"Gateway", Type::string},
    {"AuxiliaryAddresses", Type::string_map},
};
constexpr Schema ipam_config{.name = "IPAMConfig", .fields = ipam_config_fields};

constexpr Field ipam_fields[] = {
    {"Driver", Type::string, read_ipam_driver},
    {"Options", Type::string_map, read_network_options},
    {"Config", Type::objects, safe, &ipam_config},
};
constexpr Schema ipam{.name = "IPAM", .fields = ipam_fields};

constexpr Field config_reference_fields[] = {
    {"Network", Type::string, read_network_config_from},
};
constexpr Schema config_reference{.name = "ConfigReference", .fields = config_reference_fields};

constexpr Field network_create_fields[] = {
    {"Name", Type::string, read_network_name},
    {"CheckDuplicate", Type::boolean},  // until 1.45
    {"Driver", Type::string, read_network_driver},
    {"Scope", Type::string, read_network_scope},
    {"EnableIPv4", Type::boolean},  // 1.47
    {"EnableIPv6", Type::boolean},
    {"IPAM", Type::object, safe, &ipam},
    {"Internal", Type::boolean},
    {"Attachable", Type::boolean},  // 1.27
    {"Ingress", Type::boolean, read_network_ingress},     // 1.29
    {"ConfigOnly", Type::boolean, read_network_config_only},
    {"ConfigFrom", Type::object, safe, &config_reference},
    {"Options", Type::string_map, read_network_options},
    {"Labels", Type::string_map, read_labels},
};

constexpr Field network_connect_fields[] = {
    {"Container", Type::string, read_network_container},
    {"EndpointConfig", Type::object, safe, &endpoint_settings_schema},
};

constexpr Field network_disconnect_fields[] = {
    {"Container", Type::string, read_network_container},
    {"Force", Type::boolean},
};

}  // namespace

constinit const Schema endpoint_settings_schema{.name = "EndpointSettings",
                                                .fields = endpoint_settings_fields};
constinit const Schema network_create_schema{.name = "NetworkCreateRequest",
                                             .fields = network_create_fields};
constinit const Schema network_connect_schema{.name = "NetworkConnectRequest",
                                              .fields = network_connect_fields};
constinit const Schema network_disconnect_schema{.name = "NetworkDisconnectRequest",
                                                 .fields = network_disconnect_fields};

}  // namespace dockgate::policy
