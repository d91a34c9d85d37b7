// The bodies of VolumeCreate and VolumeUpdate, API 1.24 to 1.56.
#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Schema empty_object{.name = "struct{}", .fields = {}};

constexpr Field type_mount_fields[] = {
    {"FsType", Type::string},
    {"MountFlags", Type::strings},
};
constexpr Schema type_mount{.name = "TypeMount", .fields = type_mount_fields};

constexpr Field access_mode_fields[] = {
    {"Scope", Type::string},
    {"Sharing", Type::string},
    {"MountVolume", Type::object, safe, &type_mount},
    {"BlockVolume", Type::object, safe, &empty_object},
};
constexpr Schema access_mode{.name = "AccessMode", .fields = access_mode_fields};

constexpr Field topology_fields[] = {
    {"Segments", Type::string_map},
};
constexpr Schema topology{.name = "Topology", .fields = topology_fields};

constexpr Field accessibility_fields[] = {
    {"Requisite", Type::objects, safe, &topology},
    {"Preferred", Type::objects, safe, &topology},
};
constexpr Schema accessibility{.name = "TopologyRequirement", .fields = accessibility_fields};

constexpr Field capacity_fields[] = {
    {"RequiredBytes", Type::int64},
    {"LimitBytes", Type::int64},
};
constexpr Schema capacity{.name = "CapacityRange", .fields = capacity_fields};

constexpr Field volume_secret_fields[] = {
    {"Key", Type::string},
    {"Secret", Type::string, read_secret_used},
};
constexpr Schema volume_secret{.name = "Secret", .fields = volume_secret_fields};

// A volume of the swarm is what its storage plugin makes of this: judged as a whole.
constexpr Field cluster_volume_fields[] = {
    {"Group", Type::string},
    {"AccessMode", Type::object, safe, &access_mode},
    {"AccessibilityRequirements", Type::object, safe, &accessibility},
    {"CapacityRange", Type::object, safe, &capacity},
    {"Secrets", Type::objects, safe, &volume_secret},
    {"Availability", Type::string},
};
constexpr Schema cluster_volume{.name = "ClusterVolumeSpec", .fields = cluster_volume_fields};

constexpr Field volume_create_fields[] = {
    {"Name", Type::string},
    {"Driver", Type::string, read_volume_driver},
    {"DriverOpts", Type::string_map, read_volume_driver_opts},
    {"Labels", Type::string_map, read_labels},
    {"ClusterVolumeSpec", Type::object, read_cluster_volume, &cluster_volume},  // 1.42
};

constexpr Field volume_update_fields[] = {
    {"Spec", Type::object, read_cluster_volume, &cluster_volume},
};

}  // namespace

constinit const Schema volume_create_schema{.name = "VolumeCreateRequest",
                                            .fields = volume_create_fields};
constinit const Schema volume_update_schema{.name = "UpdateOptions",
                                            .fields = volume_update_fields};

}  // namespace dockgate::policy
