// The body of CheckpointCreate, which Engines with experimental features serve.
#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

constexpr Field checkpoint_create_fields[] = {
    {"CheckpointID", Type::string, read_checkpoint},
    {"CheckpointDir", Type::string, read_checkpoint_dir},
    {"Exit", Type::boolean},
};

}  // namespace

constinit const Schema checkpoint_create_schema{.name = "CheckpointCreateOptions",
                                                .fields = checkpoint_create_fields};

}  // namespace dockgate::policy
