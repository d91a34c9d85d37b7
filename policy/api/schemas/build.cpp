// The documents in the query of ImageBuild.
#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

// Where BuildKit puts what it has built, 1.40.
constexpr Field output_fields[] = {
    {"Type", Type::string, read_with_parent},
    {"Attrs", Type::string_map, read_with_parent},
};
constexpr Schema output{.name = "ImageBuildOutput", .fields = output_fields};

constexpr Field ulimits_value[] = {{{}, Type::objects, read_ulimits, &ulimit_schema}};
constexpr Field labels_value[] = {{{}, Type::string_map, read_labels}};
constexpr Field arguments_value[] = {{{}, Type::nullable_map}};
constexpr Field cache_from_value[] = {{{}, Type::strings, read_cache_sources}};
constexpr Field outputs_value[] = {{{}, Type::objects, read_build_outputs, &output}};

}  // namespace

constinit const Schema build_ulimits_schema{
    .name = "ulimits", .fields = ulimits_value, .bare = true};
constinit const Schema build_labels_schema{.name = "labels", .fields = labels_value, .bare = true};
constinit const Schema build_arguments_schema{
    .name = "buildargs", .fields = arguments_value, .bare = true};
constinit const Schema build_cache_from_schema{
    .name = "cachefrom", .fields = cache_from_value, .bare = true};
constinit const Schema build_outputs_schema{
    .name = "outputs", .fields = outputs_value, .bare = true};

}  // namespace dockgate::policy
