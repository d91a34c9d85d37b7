// The rows of the Engine API. What published versions say of each is in api/docs/ of the Engine's
// sources; where an Engine serves more than is published, its router is the source.
#include "policy/api/operations.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "policy/api/schemas.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {
namespace {

using enum Method;
using enum Effect;
using enum Flow;
using enum Subject;
using enum ParameterType;

constexpr ApiVersion unpublished{0, 0};

constexpr ApiVersion api(std::uint16_t minor) { return {1, minor}; }

// Query parameters that several operations have.
constexpr Parameter filters_alone[] = {{"filters", json}};
constexpr Parameter force_alone[] = {{"force", boolean}};
constexpr Parameter version_alone[] = {{"version", integer}};

constexpr Parameter system_events_query[] = {
    {"since", string},
    {"until", string},
    {"filters", json},
};
constexpr Parameter system_data_usage_query[] = {
    {"type", strings},
    {"verbose", boolean},
};
constexpr Parameter container_list_query[] = {
    {"all", boolean},
    {"limit", integer},
    {"size", boolean},
    {"since", string},
    {"before", string},
    {"filters", json},
    {"trunc_cmd", unread},  // docker-py and Compose 1
};
constexpr Parameter container_inspect_query[] = {
    {"size", boolean},
};
constexpr Parameter container_top_query[] = {
    {"ps_args", string, read_ps_arguments},
};
constexpr Parameter container_logs_query[] = {
    {"follow", boolean},
    {"stdout", boolean},
    {"stderr", boolean},
    {"since", string},
    {"until", string},
    {"timestamps", boolean},
    {"details", boolean},
    {"tail", string},
    {"format", string},
};
constexpr Parameter container_stats_query[] = {
    {"stream", boolean},
    {"one-shot", boolean},
};
constexpr Parameter container_create_query[] = {
    {"name", string, read_container_name},
    {"platform", string},
};
constexpr Parameter container_start_query[] = {
    {"detachKeys", string},
    {"checkpoint", string, read_checkpoint},
    {"checkpoint-dir", string, read_checkpoint_dir},
};
constexpr Parameter container_stop_query[] = {
    {"t", integer},
    {"signal", string},
};
constexpr Parameter container_kill_query[] = {
    {"signal", string},
};
constexpr Parameter container_wait_query[] = {
    {"condition", string},
};
constexpr Parameter container_resize_query[] = {
    {"h", integer},
    {"w", integer},
};
constexpr Parameter container_rename_query[] = {
    {"name", string, read_container_name},
};
constexpr Parameter container_delete_query[] = {
    {"v", boolean},
    {"force", boolean},
    {"link", boolean},
};
constexpr Parameter container_attach_query[] = {
    {"detachKeys", string},
    {"logs", boolean},
    {"stream", boolean},
    {"stdin", boolean},
    {"stdout", boolean},
    {"stderr", boolean},
    {"hijack", unread},  // dockerode
};
constexpr Parameter container_archive_info_query[] = {
    {"path", string, read_archive_path},
};
constexpr Parameter put_container_archive_query[] = {
    {"path", string, read_archive_path},
    {"noOverwriteDirNonDir", boolean},
    {"copyUIDGID", boolean},
};
constexpr Parameter checkpoint_list_query[] = {
    {"dir", string, read_checkpoint_dir},
};
constexpr Parameter image_list_query[] = {
    {"all", boolean},
    {"filters", json},
    {"filter", string},
    {"digests", boolean},
    {"shared-size", boolean},
    {"manifests", boolean},
    {"identity", boolean},
    {"only_ids", unread},  // docker-py
};
constexpr Parameter image_inspect_query[] = {
    {"manifests", boolean},
    {"platform", string},
};
constexpr Parameter image_history_query[] = {
    {"platform", string},
};
constexpr Parameter image_attestations_query[] = {
    {"platform", strings},
    {"type", strings},
    {"statement", boolean},
};
constexpr Parameter image_search_query[] = {
    {"term", string},
    {"limit", integer},
    {"filters", json},
};
constexpr Parameter image_create_query[] = {
    {"fromImage", image_name},
    {"fromSrc", string, read_import_source},
    {"repo", image_name},
    {"tag", string},
    {"message", string},
    {"platform", string},
    {"changes", strings, read_image_changes},
};
constexpr Parameter image_push_query[] = {
    {"tag", string},
    {"platform", string},
};
constexpr Parameter image_tag_query[] = {
    {"repo", image_name},
    {"tag", string},
    {"force", boolean},
};
constexpr Parameter image_delete_query[] = {
    {"force", boolean},
    {"noprune", boolean},
    {"platforms", strings},
};
constexpr Parameter image_load_query[] = {
    {"quiet", boolean},
    {"platform", strings},
};
constexpr Parameter image_get_query[] = {
    {"platform", strings},
};
constexpr Parameter image_get_all_query[] = {
    {"names", strings},
    {"platform", strings},
};
constexpr Parameter image_build_query[] = {
    {"dockerfile", string},
    {"t", image_names},
    {"extrahosts", strings, read_build_hosts},
    {"remote", string, read_build_remote},
    {"q", boolean},
    {"nocache", boolean},
    {"cachefrom", json, safe, &build_cache_from_schema},
    {"pull", boolean},
    {"rm", boolean},
    {"forcerm", boolean},
    {"memory", integer, read_build_memory},
    {"memswap", integer, read_build_memswap},
    {"cpushares", integer},
    {"cpusetcpus", string},
    {"cpusetmems", string},
    {"cpuperiod", integer},
    {"cpuquota", integer},
    {"buildargs", json, safe, &build_arguments_schema},
    {"shmsize", integer, read_build_shm_size},
    {"squash", boolean},
    {"labels", json, safe, &build_labels_schema},
    {"networkmode", string, read_build_network},
    {"cgroupparent", string, read_cgroup_parent},
    {"ulimits", json, safe, &build_ulimits_schema},
    {"securityopt", strings, read_build_security_opt},
    {"isolation", string},
    {"platform", string},
    {"target", string},
    {"session", string, read_build_session},
    {"buildid", string},
    {"version", string, read_build_version},
    {"outputs", json, safe, &build_outputs_schema},
};
constexpr Parameter build_cancel_query[] = {
    {"id", string},
};
constexpr Parameter build_prune_query[] = {
    {"keep-storage", integer},
    {"all", boolean},
    {"filters", json},
    {"reserved-space", integer},
    {"max-used-space", integer},
    {"min-free-space", integer},
};
constexpr Parameter image_commit_query[] = {
    {"container", string, read_commit_container},
    {"repo", image_name},
    {"tag", string},
    {"comment", string},
    {"author", string},
    {"pause", boolean},
    {"changes", strings, read_image_changes},
};
constexpr Parameter network_inspect_query[] = {
    {"verbose", boolean},
    {"scope", string},
};
constexpr Parameter swarm_update_query[] = {
    {"version", integer},
    {"rotateWorkerToken", boolean},
    {"rotateManagerToken", boolean},
    {"rotateManagerUnlockKey", boolean},
};
constexpr Parameter service_list_query[] = {
    {"filters", json},
    {"status", boolean},
};
constexpr Parameter service_inspect_query[] = {
    {"insertDefaults", boolean},
};
constexpr Parameter service_update_query[] = {
    {"version", integer, read_service_version},
    {"registryAuthFrom", string, read_registry_auth_from},
    {"rollback", string, read_rollback},
};
constexpr Parameter service_logs_query[] = {
    {"follow", boolean},
    {"stdout", boolean},
    {"stderr", boolean},
    {"since", string},
    {"until", string},
    {"timestamps", boolean},
    {"details", boolean},
    {"tail", string},
};
constexpr Parameter get_plugin_privileges_query[] = {
    {"name", string},
    {"remote", string, read_plugin_name},
};
constexpr Parameter plugin_pull_query[] = {
    {"remote", string, read_plugin_name},
    {"name", string, read_plugin_name},
};
constexpr Parameter plugin_create_query[] = {
    {"name", string, read_plugin_name},
};
constexpr Parameter plugin_enable_query[] = {
    {"timeout", integer},
};
constexpr Parameter plugin_upgrade_query[] = {
    {"remote", string, read_plugin_name},
};
constexpr Parameter debug_profile_query[] = {
    {"seconds", integer},
    {"debug", integer},
};

// clang-format off
constexpr Operation rows[] = {

    // System
    {"SystemPing", get, "/_ping", "@read", reads, plain,
     {}, none, api(24), {}},
    {"SystemPingHead", head, "/_ping", "@read", reads, plain,
     {}, none, api(40), {}},
    {"SystemVersion", get, "/version", "@read", reads, plain,
     {}, none, api(24), {}},
    {"SystemInfo", get, "/info", "@read", reads, plain,
     {}, none, api(24), {}},
    {"SystemEvents", get, "/events", "@read", reads, streams,
     {}, none, api(24), system_events_query},
    {"SystemDataUsage", get, "/system/df", "@read", reads, streams,
     {}, none, api(24), system_data_usage_query},
    {"SystemAuth", post, "/auth", "@registry", mutates, plain,
     {BodyKind::json, &auth_config_schema}, none, api(24), {}},

    // Containers
    {"ContainerList", get, "/containers/json", "@read", reads, plain,
     {}, none, api(24), container_list_query},
    {"ContainerInspect", get, "/containers/{id}/json", "@read", reads, plain,
     {}, container, api(24), container_inspect_query},
    {"ContainerTop", get, "/containers/{id}/top", "@read", reads, plain,
     {}, container, api(24), container_top_query},
    {"ContainerLogs", get, "/containers/{id}/logs", "@read", reads, streams,
     {}, container, api(24), container_logs_query},
    {"ContainerChanges", get, "/containers/{id}/changes", "@read", reads, plain,
     {}, container, api(24), {}},
    {"ContainerStats", get, "/containers/{id}/stats", "@read", reads, streams,
     {}, container, api(24), container_stats_query},
    {"ContainerCreate", post, "/containers/create", "@run", mutates, plain,
     {BodyKind::json, &container_create_schema}, none, api(24), container_create_query},
    {"ContainerStart", post, "/containers/{id}/start", "@run", mutates, plain,
     {}, judged_container, api(24), container_start_query},
    {"ContainerStop", post, "/containers/{id}/stop", "@run", mutates, streams,
     {}, container, api(24), container_stop_query},
    {"ContainerRestart", post, "/containers/{id}/restart", "@run", mutates, streams,
     {}, judged_container, api(24), container_stop_query},
    {"ContainerKill", post, "/containers/{id}/kill", "@run", mutates, plain,
     {}, container, api(24), container_kill_query},
    {"ContainerPause", post, "/containers/{id}/pause", "@run", mutates, plain,
     {}, container, api(24), {}},
    {"ContainerUnpause", post, "/containers/{id}/unpause", "@run", mutates, plain,
     {}, judged_container, api(24), {}},
    {"ContainerWait", post, "/containers/{id}/wait", "@run", reads, streams,
     {}, container, api(24), container_wait_query},
    {"ContainerResize", post, "/containers/{id}/resize", "@run", mutates, plain,
     {}, container, api(24), container_resize_query},
    {"ContainerRename", post, "/containers/{id}/rename", "@run", mutates, plain,
     {}, named_container, api(24), container_rename_query},
    {"ContainerUpdate", post, "/containers/{id}/update", "@run", mutates, plain,
     {BodyKind::json, &container_update_schema}, updated_container, api(24), {}},
    {"ContainerDelete", delete_, "/containers/{id}", "@run", mutates, plain,
     {}, container, api(24), container_delete_query},
    {"ContainerAttach", post, "/containers/{id}/attach", "@run", mutates, hijacks,
     {}, judged_container, api(24), container_attach_query},
    {"ContainerAttachWebsocket", get, "/containers/{id}/attach/ws", "@run", mutates, websocket,
     {}, judged_container, api(24), container_attach_query},
    {"ContainerExec", post, "/containers/{id}/exec", "@run", mutates, plain,
     {BodyKind::json, &exec_create_schema}, judged_container, api(24), {}},
    {"ExecStart", post, "/exec/{id}/start", "@run", mutates, hijacks,
     {BodyKind::json, &exec_start_schema}, judged_exec, api(24), {}},
    {"ExecResize", post, "/exec/{id}/resize", "@run", mutates, plain,
     {}, other, api(24), container_resize_query},
    {"ExecInspect", get, "/exec/{id}/json", "@read", reads, plain,
     {}, other, api(24), {}},
    {"ContainerArchiveInfo", head, "/containers/{id}/archive", "@copy", reads, plain,
     {}, judged_container, api(24), container_archive_info_query},
    {"ContainerArchive", get, "/containers/{id}/archive", "@copy", reads, streams,
     {}, judged_container, api(24), container_archive_info_query},
    {"PutContainerArchive", put, "/containers/{id}/archive", "@copy", mutates, streams,
     {BodyKind::tar}, judged_container, api(24), put_container_archive_query},
    {"ContainerExport", get, "/containers/{id}/export", "@copy", reads, streams,
     {}, judged_container, api(24), {}},
    {"ContainerPrune", post, "/containers/prune", "@prune", mutates, streams,
     {}, none, api(24), filters_alone},

    // Checkpoints, on Engines with experimental features
    {"CheckpointList", get, "/containers/{id}/checkpoints", "@debug", reads, plain,
     {}, container, unpublished, checkpoint_list_query},
    {"CheckpointCreate", post, "/containers/{id}/checkpoints", "@debug", mutates, plain,
     {BodyKind::json, &checkpoint_create_schema}, judged_container, unpublished, {}},
    {"CheckpointDelete", delete_, "/containers/{id}/checkpoints/{checkpoint}", "@debug", mutates, plain,
     {}, container, unpublished, checkpoint_list_query},

    // Images
    {"ImageList", get, "/images/json", "@read", reads, plain,
     {}, none, api(24), image_list_query},
    {"ImageInspect", get, "/images/{name*}/json", "@read", reads, plain,
     {}, image, api(24), image_inspect_query},
    {"ImageHistory", get, "/images/{name*}/history", "@read", reads, plain,
     {}, image, api(24), image_history_query},
    {"ImageAttestations", get, "/images/{name*}/attestations", "@read", reads, plain,
     {}, image, api(55), image_attestations_query},
    {"ImageSearch", get, "/images/search", "@registry", reads, plain,
     {}, none, api(24), image_search_query, read_image_search},
    {"ImageCreate", post, "/images/create", "@pull", mutates, streams,
     {BodyKind::stream}, none, api(24), image_create_query, read_image_create},
    {"ImagePush", post, "/images/{name*}/push", "@push", mutates, streams,
     {}, named_image, api(24), image_push_query, read_image_push},
    {"ImageTag", post, "/images/{name*}/tag", "@image", mutates, plain,
     {}, judged_image, api(24), image_tag_query, read_image_tag},
    {"ImageDelete", delete_, "/images/{name*}", "@image", mutates, plain,
     {}, image, api(24), image_delete_query, read_image_delete},
    {"ImageLoad", post, "/images/load", "@image", mutates, streams,
     {BodyKind::stream}, none, api(24), image_load_query, read_image_load},
    {"ImageGet", get, "/images/{name*}/get", "@image", reads, streams,
     {}, image, api(24), image_get_query},
    {"ImageGetAll", get, "/images/get", "@image", reads, streams,
     {}, none, api(24), image_get_all_query},
    {"ImagePrune", post, "/images/prune", "@prune", mutates, streams,
     {}, none, api(24), filters_alone},

    // Builds
    {"ImageBuild", post, "/build", "@build", mutates, streams,
     {BodyKind::stream}, none, api(24), image_build_query, read_image_build},
    {"BuildCancel", post, "/build/cancel", "@build", mutates, plain,
     {}, none, unpublished, build_cancel_query},
    {"BuildPrune", post, "/build/prune", "@prune", mutates, streams,
     {}, none, api(31), build_prune_query},
    {"ImageCommit", post, "/commit", "@build", mutates, streams,
     {BodyKind::json, &config_schema, Presence::optional}, none, api(24), image_commit_query,
     read_image_commit},
    {"Session", post, "/session", "@buildkit", mutates, h2c,
     {}, none, api(31), {}, read_buildkit},
    {"Grpc", post, "/grpc", "@buildkit", mutates, h2c,
     {}, none, unpublished, {}, read_buildkit},

    // Networks
    {"NetworkList", get, "/networks", "@read", reads, plain,
     {}, none, api(24), filters_alone},
    {"NetworkInspect", get, "/networks/{id}", "@read", reads, plain,
     {}, network, api(24), network_inspect_query},
    {"NetworkCreate", post, "/networks/create", "@network", mutates, plain,
     {BodyKind::json, &network_create_schema}, none, api(24), {}},
    {"NetworkConnect", post, "/networks/{id}/connect", "@network", mutates, plain,
     {BodyKind::json, &network_connect_schema}, attached_network, api(24), {}},
    {"NetworkDisconnect", post, "/networks/{id}/disconnect", "@network", mutates, plain,
     {BodyKind::json, &network_disconnect_schema}, network, api(24), {}},
    {"NetworkDelete", delete_, "/networks/{id}", "@network", mutates, plain,
     {}, network, api(24), {}},
    {"NetworkPrune", post, "/networks/prune", "@prune", mutates, streams,
     {}, none, api(24), filters_alone},

    // Volumes
    {"VolumeList", get, "/volumes", "@read", reads, plain,
     {}, none, api(24), filters_alone},
    {"VolumeInspect", get, "/volumes/{name}", "@read", reads, plain,
     {}, volume, api(24), {}},
    {"VolumeCreate", post, "/volumes/create", "@volume", mutates, plain,
     {BodyKind::json, &volume_create_schema}, none, api(24), {}},
    {"VolumeUpdate", put, "/volumes/{name}", "@swarm", mutates, plain,
     {BodyKind::json, &volume_update_schema}, volume, api(42), version_alone},
    {"VolumeDelete", delete_, "/volumes/{name}", "@volume", mutates, plain,
     {}, volume, api(24), force_alone},
    {"VolumePrune", post, "/volumes/prune", "@prune", mutates, streams,
     {}, none, api(24), filters_alone, read_volume_prune},

    // Registries
    {"DistributionInspect", get, "/distribution/{name*}/json", "@registry", reads, plain,
     {}, named_image, api(30), {}, read_distribution_inspect},

    // Swarm: services, tasks, nodes, secrets, configs
    {"SwarmInspect", get, "/swarm", "@swarm", reads, plain,
     {}, none, api(24), {}},
    {"SwarmInit", post, "/swarm/init", "@swarm", mutates, plain,
     {BodyKind::json, &swarm_init_schema}, none, api(24), {}},
    {"SwarmJoin", post, "/swarm/join", "@swarm", mutates, plain,
     {BodyKind::json, &swarm_join_schema}, none, api(24), {}},
    {"SwarmLeave", post, "/swarm/leave", "@swarm", mutates, plain,
     {}, none, api(24), force_alone},
    {"SwarmUpdate", post, "/swarm/update", "@swarm", mutates, plain,
     {BodyKind::json, &swarm_spec_schema}, none, api(24), swarm_update_query},
    {"SwarmUnlockkey", get, "/swarm/unlockkey", "@swarm", reads, plain,
     {}, none, api(24), {}},
    {"SwarmUnlock", post, "/swarm/unlock", "@swarm", mutates, plain,
     {BodyKind::json, &swarm_unlock_schema}, none, api(24), {}},
    {"ServiceList", get, "/services", "@swarm", reads, plain,
     {}, none, api(24), service_list_query},
    {"ServiceCreate", post, "/services/create", "@swarm", mutates, plain,
     {BodyKind::json, &service_spec_schema}, none, api(24), {}},
    {"ServiceInspect", get, "/services/{id}", "@swarm", reads, plain,
     {}, other, api(24), service_inspect_query},
    {"ServiceDelete", delete_, "/services/{id}", "@swarm", mutates, plain,
     {}, other, api(24), {}},
    {"ServiceUpdate", post, "/services/{id}/update", "@swarm", mutates, plain,
     {BodyKind::json, &service_spec_schema}, service, api(24), service_update_query},
    {"ServiceLogs", get, "/services/{id}/logs", "@swarm", reads, streams,
     {}, other, api(24), service_logs_query},
    {"TaskList", get, "/tasks", "@swarm", reads, plain,
     {}, none, api(24), filters_alone},
    {"TaskInspect", get, "/tasks/{id}", "@swarm", reads, plain,
     {}, other, api(24), {}},
    {"TaskLogs", get, "/tasks/{id}/logs", "@swarm", reads, streams,
     {}, other, api(29), service_logs_query},
    {"NodeList", get, "/nodes", "@swarm", reads, plain,
     {}, none, api(24), filters_alone},
    {"NodeInspect", get, "/nodes/{id}", "@swarm", reads, plain,
     {}, other, api(24), {}},
    {"NodeDelete", delete_, "/nodes/{id}", "@swarm", mutates, plain,
     {}, other, api(24), force_alone},
    {"NodeUpdate", post, "/nodes/{id}/update", "@swarm", mutates, plain,
     {BodyKind::json, &node_spec_schema}, other, api(24), version_alone},
    {"SecretList", get, "/secrets", "@swarm", reads, plain,
     {}, none, api(25), filters_alone},
    {"SecretCreate", post, "/secrets/create", "@swarm", mutates, plain,
     {BodyKind::json, &secret_spec_schema}, none, api(25), {}},
    {"SecretInspect", get, "/secrets/{id}", "@swarm", reads, plain,
     {}, other, api(25), {}},
    {"SecretDelete", delete_, "/secrets/{id}", "@swarm", mutates, plain,
     {}, other, api(25), {}},
    {"SecretUpdate", post, "/secrets/{id}/update", "@swarm", mutates, plain,
     {BodyKind::json, &secret_spec_schema}, other, api(26), version_alone},
    {"ConfigList", get, "/configs", "@swarm", reads, plain,
     {}, none, api(30), filters_alone},
    {"ConfigCreate", post, "/configs/create", "@swarm", mutates, plain,
     {BodyKind::json, &config_spec_schema}, none, api(30), {}},
    {"ConfigInspect", get, "/configs/{id}", "@swarm", reads, plain,
     {}, other, api(30), {}},
    {"ConfigDelete", delete_, "/configs/{id}", "@swarm", mutates, plain,
     {}, other, api(30), {}},
    {"ConfigUpdate", post, "/configs/{id}/update", "@swarm", mutates, plain,
     {BodyKind::json, &config_spec_schema}, other, api(30), version_alone},

    // Plugins
    {"PluginList", get, "/plugins", "@plugin", reads, plain,
     {}, none, api(25), filters_alone},
    {"PluginInspect", get, "/plugins/{name*}/json", "@plugin", reads, plain,
     {}, other, api(25), {}},
    {"GetPluginPrivileges", get, "/plugins/privileges", "@plugin", reads, plain,
     {}, none, api(25), get_plugin_privileges_query},
    {"PluginPull", post, "/plugins/pull", "@plugin", mutates, streams,
     {BodyKind::json, &plugin_privileges_schema}, none, api(25), plugin_pull_query},
    {"PluginCreate", post, "/plugins/create", "@plugin", mutates, streams,
     {BodyKind::stream}, new_plugin, api(25), plugin_create_query},
    {"PluginEnable", post, "/plugins/{name*}/enable", "@plugin", mutates, plain,
     {}, plugin, api(25), plugin_enable_query},
    {"PluginDisable", post, "/plugins/{name*}/disable", "@plugin", mutates, plain,
     {}, plugin, api(25), force_alone},
    {"PluginUpgrade", post, "/plugins/{name*}/upgrade", "@plugin", mutates, streams,
     {BodyKind::json, &plugin_privileges_schema}, plugin, api(26), plugin_upgrade_query},
    {"PluginPush", post, "/plugins/{name*}/push", "@plugin", mutates, streams,
     {}, plugin, api(25), {}},
    {"PluginSet", post, "/plugins/{name*}/set", "@plugin", mutates, plain,
     {BodyKind::json, &plugin_settings_schema}, plugin, api(25), {}},
    {"PluginDelete", delete_, "/plugins/{name*}", "@plugin", mutates, plain,
     {}, plugin, api(25), force_alone},

    // Profiles of the Engine
    {"DebugVars", get, "/debug/vars", "@debug", reads, plain,
     {}, none, unpublished, {}},
    {"DebugProfile", get, "/debug/pprof/{profile*}", "@debug", reads, streams,
     {}, other, unpublished, debug_profile_query},
};
// clang-format on

constexpr Group groups[] = {
    {"@read", "lists, inspects, logs, statistics, events: what tells and changes nothing"},
    {"@run", "the life of containers: create, start, stop, exec, attach, remove"},
    {"@copy", "files into and out of containers, whole file systems included"},
    {"@image", "images on this machine: tag, delete, load, save"},
    {"@pull", "images from registries"},
    {"@push", "images to registries"},
    {"@build", "images from a build context or a container"},
    {"@network", "networks: create, connect, remove"},
    {"@volume", "volumes: create, remove"},
    {"@prune", "removal of whatever is unused"},
    {"@registry", "questions and logins to registries, asked by the Engine"},
    {"@swarm", "the cluster: services, tasks, nodes, secrets, configs"},
    {"@plugin", "plugins: code that runs as root on the host"},
    {"@buildkit", "BuildKit sessions and its control API, which pass unread"},
    {"@debug", "profiles of the Engine itself"},
};

struct Segment {
  std::string_view text;  // literal, or the argument's name
  bool argument = false;
  bool many = false;  // may hold slashes
};

std::vector<Segment> segments_of(std::string_view path) {
  std::vector<Segment> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    std::string_view text = path.substr(0, path.find('/'));
    path.remove_prefix(text.size());
    const bool argument = text.front() == '{';
    const bool many = argument && text[text.size() - 2] == '*';
    segments.push_back({text, argument, many});
  }
  return segments;
}

struct Pattern {
  const Operation* operation;
  std::vector<Segment> segments;
};

// Rows by the first segment of their path, which is always a literal.
using Buckets = std::unordered_map<std::string_view, std::vector<Pattern>>;

const Buckets& buckets() {
  static const Buckets all = [] {
    Buckets made;
    for (const Operation& row : rows) {
      std::vector<Segment> segments = segments_of(row.path);
      const std::string_view first = segments.front().text;
      made[first].push_back({&row, std::move(segments)});
    }
    return made;
  }();
  return all;
}

std::string joined(std::span<const std::string_view> segments) {
  std::string out;
  for (const std::string_view segment : segments) {
    if (!out.empty()) out += '/';
    out += segment;
  }
  return out;
}

// At most one argument of a path may hold slashes: it takes what the others leave.
bool matches(const Pattern& pattern,
             std::span<const std::string_view> segments,
             std::vector<std::string>& arguments) {
  arguments.clear();
  const std::size_t wanted = pattern.segments.size();
  if (segments.size() < wanted) return false;
  const std::size_t spare = segments.size() - wanted;
  std::size_t at = 0;
  bool spent = spare == 0;
  for (const Segment& segment : pattern.segments) {
    const std::size_t length = segment.many && !spent ? spare + 1 : 1;
    if (segment.many) spent = true;
    if (segment.argument) {
      arguments.push_back(joined(segments.subspan(at, length)));
    } else if (segments[at] != segment.text) {
      return false;
    }
    at += length;
  }
  return at == segments.size();
}

}  // namespace

std::string_view name_of(Method method) {
  switch (method) {
    case get:
      return "GET";
    case head:
      return "HEAD";
    case post:
      return "POST";
    case put:
      return "PUT";
    case delete_:
      return "DELETE";
  }
  return "";
}

std::optional<Method> method_named(std::string_view name) {
  for (const Method method : {get, head, post, put, delete_}) {
    if (name == name_of(method)) return method;
  }
  return std::nullopt;
}

std::span<const Operation> all_operations() { return rows; }

std::span<const Group> all_groups() { return groups; }

const Operation* operation_named(std::string_view id) {
  const auto* const found = std::find_if(
      std::begin(rows), std::end(rows), [id](const Operation& row) { return row.id == id; });
  return found == std::end(rows) ? nullptr : found;
}

Route find_operation(Method method, std::span<const std::string_view> segments) {
  Route route;
  if (segments.empty()) return route;
  const auto bucket = buckets().find(segments.front());
  if (bucket == buckets().end()) return route;
  for (const Pattern& pattern : bucket->second) {
    if (pattern.operation->method != method) continue;
    if (!matches(pattern, segments, route.arguments)) continue;
    route.operation = pattern.operation;
    return route;
  }
  route.arguments.clear();
  return route;
}

const Parameter* parameter_named(const Operation& operation, std::string_view name) {
  for (const Parameter& parameter : operation.query) {
    if (parameter.name == name) return &parameter;
  }
  return nullptr;
}

}  // namespace dockgate::policy
