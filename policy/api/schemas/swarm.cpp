// The bodies of SwarmInit, SwarmJoin, SwarmUpdate and SwarmUnlock, API 1.24 to 1.56, by Docker's
// types in `swarm`. Of the settings of a cluster those are governed that open ports of the host,
// connect it to others, or say whom it trusts.
#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Field driver_fields[] = {
    {"Name", Type::string, read_with_parent},
    {"Options", Type::string_map, read_with_parent},
};

constexpr Field orchestration_fields[] = {
    {"TaskHistoryRetentionLimit", Type::int64},
};
constexpr Schema orchestration{.name = "OrchestrationConfig", .fields = orchestration_fields};

constexpr Field raft_fields[] = {
    {"SnapshotInterval", Type::uint64},
    {"KeepOldSnapshots", Type::uint64},
    {"LogEntriesForSlowFollowers", Type::uint64},
    {"ElectionTick", Type::int64},
    {"HeartbeatTick", Type::int64},
};
constexpr Schema raft{.name = "RaftConfig", .fields = raft_fields};

constexpr Field dispatcher_fields[] = {
    {"HeartbeatPeriod", Type::int64},
};
constexpr Schema dispatcher{.name = "DispatcherConfig", .fields = dispatcher_fields};

constexpr Field external_ca_fields[] = {
    {"Protocol", Type::string},
    {"URL", Type::string, read_with_parent},
    {"Options", Type::string_map},
    {"CACert", Type::string},  // 1.30
};
constexpr Schema external_ca{.name = "ExternalCA", .fields = external_ca_fields};

constexpr Field ca_fields[] = {
    {"NodeCertExpiry", Type::int64},
    {"ExternalCAs", Type::objects, read_external_cas, &external_ca},
    {"SigningCACert", Type::string, read_signing_ca},  // 1.30
    {"SigningCAKey", Type::string, read_signing_ca},   // 1.30
    {"ForceRotate", Type::uint64},                     // 1.30
};
constexpr Schema ca{.name = "CAConfig", .fields = ca_fields, .secret = true};

constexpr Field task_defaults_fields[] = {
    {"LogDriver", Type::object, read_log_driver, &swarm_driver_schema},
};
constexpr Schema task_defaults{.name = "TaskDefaults", .fields = task_defaults_fields};

constexpr Field encryption_fields[] = {
    {"AutoLockManagers", Type::boolean},
};
constexpr Schema encryption{.name = "EncryptionConfig", .fields = encryption_fields};

constexpr Field swarm_spec_fields[] = {
    {"Name", Type::string},
    {"Labels", Type::string_map, read_labels},
    {"Orchestration", Type::object, safe, &orchestration},
    {"Raft", Type::object, safe, &raft},
    {"Dispatcher", Type::object, safe, &dispatcher},
    {"CAConfig", Type::object, safe, &ca},
    {"TaskDefaults", Type::object, safe, &task_defaults},
    {"EncryptionConfig", Type::object, safe, &encryption},  // 1.25
};

constexpr Field swarm_init_fields[] = {
    {"ListenAddr", Type::string, read_listen_addr},
    {"AdvertiseAddr", Type::string, read_advertise_addr},
    {"DataPathAddr", Type::string, read_data_path_addr},  // 1.31
    {"DataPathPort", Type::uint32, read_data_path_port},  // 1.40
    {"ForceNewCluster", Type::boolean, read_force_new_cluster},
    {"Spec", Type::object, safe, &swarm_spec_schema},
    {"AutoLockManagers", Type::boolean},                     // 1.25
    {"Availability", Type::string, read_node_availability},  // 1.26
    {"DefaultAddrPool", Type::strings},                      // 1.39
    {"SubnetSize", Type::uint32},                            // 1.39
};

constexpr Field swarm_join_fields[] = {
    {"ListenAddr", Type::string, read_listen_addr},
    {"AdvertiseAddr", Type::string, read_advertise_addr},
    {"DataPathAddr", Type::string, read_data_path_addr},  // 1.31
    {"RemoteAddrs", Type::strings, read_remote_addrs},
    {"JoinToken", Type::string},
    {"Availability", Type::string, read_node_availability},  // 1.26
};

constexpr Field swarm_unlock_fields[] = {
    {"UnlockKey", Type::string},
};

}  // namespace

constinit const Schema swarm_driver_schema{.name = "Driver", .fields = driver_fields};
constinit const Schema swarm_spec_schema{.name = "Spec", .fields = swarm_spec_fields};
constinit const Schema swarm_init_schema{.name = "InitRequest", .fields = swarm_init_fields};
constinit const Schema swarm_join_schema{
    .name = "JoinRequest", .fields = swarm_join_fields, .secret = true};
constinit const Schema swarm_unlock_schema{
    .name = "UnlockRequest", .fields = swarm_unlock_fields, .secret = true};

}  // namespace dockgate::policy
