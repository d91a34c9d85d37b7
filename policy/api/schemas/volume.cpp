// The body of VolumeCreate, API 1.24 to 1.56.
#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

// Of a swarm: dockgate has no rows for its fields, so a spec that says anything is refused.
constexpr Schema cluster_volume_spec{.name = "ClusterVolumeSpec", .fields = {}};

constexpr Field volume_create_fields[] = {
    {"Name", Type::string},
    {"Driver", Type::string, read_volume_driver},
    {"DriverOpts", Type::string_map, read_volume_driver_opts},
    {"Labels", Type::string_map, read_labels},
    {"ClusterVolumeSpec", Type::object, safe, &cluster_volume_spec},  // 1.42
};

}  // namespace

constinit const Schema volume_create_schema{.name = "VolumeCreateRequest",
                                            .fields = volume_create_fields};

}  // namespace dockgate::policy
