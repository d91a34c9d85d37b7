// The bodies that dockgate reads field by field, one file each in policy/api/schemas/.
#pragma once

#include "policy/api/schema.h"

namespace dockgate::policy {

extern const Schema container_create_schema;
extern const Schema container_update_schema;
extern const Schema exec_create_schema;
extern const Schema exec_start_schema;
extern const Schema volume_create_schema;
extern const Schema volume_update_schema;
extern const Schema network_create_schema;
extern const Schema network_connect_schema;
extern const Schema network_disconnect_schema;
extern const Schema checkpoint_create_schema;
extern const Schema auth_config_schema;

extern const Schema swarm_init_schema;
extern const Schema swarm_join_schema;
extern const Schema swarm_spec_schema;
extern const Schema swarm_unlock_schema;
extern const Schema service_spec_schema;
extern const Schema node_spec_schema;
extern const Schema secret_spec_schema;
extern const Schema config_spec_schema;
extern const Schema plugin_privileges_schema;
extern const Schema plugin_settings_schema;

// Parts that stand in more than one of them.
extern const Schema config_schema;             // of a container
extern const Schema host_config_schema;        // of a container
extern const Schema restart_policy_schema;     // of a container and of an update
extern const Schema ulimit_schema;             // the same, and of a build
extern const Schema endpoint_settings_schema;  // a container's place in a network
extern const Schema healthcheck_schema;        // of a container and of a service's tasks
extern const Schema mount_schema;              // the same
extern const Schema ulimit_schema;             // the same
extern const Schema swarm_driver_schema;       // a driver by name, with its options

// Documents in query parameters.
extern const Schema build_ulimits_schema;
extern const Schema build_labels_schema;
extern const Schema build_arguments_schema;
extern const Schema build_cache_from_schema;
extern const Schema build_outputs_schema;

}  // namespace dockgate::policy
