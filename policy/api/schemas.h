// The bodies that dockgate reads field by field, one file each in policy/api/schemas/.
#pragma once

#include "policy/api/schema.h"

namespace dockgate::policy {

extern const Schema container_create_schema;
extern const Schema exec_create_schema;
extern const Schema exec_start_schema;
extern const Schema volume_create_schema;
extern const Schema network_create_schema;
extern const Schema network_connect_schema;
extern const Schema network_disconnect_schema;

// Parts that stand in more than one of them.
extern const Schema config_schema;             // of a container
extern const Schema host_config_schema;        // of a container
extern const Schema endpoint_settings_schema;  // a container's place in a network

}  // namespace dockgate::policy
