// What a request asks for, each thing in one spelling. Checks read facts, never JSON.
//
// A fact is there only where something beyond the Engine's default is asked for: an empty string,
// a zero, or the default's own name leaves none. The same facts are read from a create body, from
// a build's query, and from what the Engine reports of a container that exists, so that one set
// of checks judges them all.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dockgate::policy {

// Something asked for, and where: `value` in the policy's spelling, `at` a JSON pointer, `?name` in
// the query, or `Dockerfile:12`.
struct Asked {
  std::string value;
  std::string at;

  friend bool operator==(const Asked&, const Asked&) = default;
};

struct AskedNumber {
  std::int64_t value = 0;
  std::string at;

  friend bool operator==(const AskedNumber&, const AskedNumber&) = default;
};

struct AskedPair {
  std::string key;
  std::string value;
  std::string at;

  friend bool operator==(const AskedPair&, const AskedPair&) = default;
};

enum class Access : std::uint8_t { read_only, read_write };

struct BindMount {
  std::string source;  // absolute, cleaned lexically as the Engine does
  std::string target;
  Access access = Access::read_write;
  std::string propagation;  // "" is the Engine's default, rprivate
  bool relabel = false;     // z and Z change the SELinux label of the source itself
  std::string at;

  friend bool operator==(const BindMount&, const BindMount&) = default;
};

struct VolumeMount {
  std::string name;  // "": anonymous
  std::string target;
  std::string at;

  friend bool operator==(const VolumeMount&, const VolumeMount&) = default;
};

enum class NamespaceKind : std::uint8_t { network, pid, ipc, uts, user, cgroup };

// A namespace other than the container's own. `mode` is `host`, `container:ID`, a network's
// name, `shareable`, or whatever else was written.
struct Namespace {
  NamespaceKind kind = NamespaceKind::network;
  std::string mode;
  std::string at;

  friend bool operator==(const Namespace&, const Namespace&) = default;
};

struct Device {
  std::string path;         // on the host, cleaned lexically
  std::string permissions;  // letters of "rwm"; the Engine's default is all three
  std::string at;

  friend bool operator==(const Device&, const Device&) = default;
};

// `key=value` and `key:value` alike; a bare word has no value.
struct SecurityOption {
  std::string key;
  std::string value;
  std::string at;

  friend bool operator==(const SecurityOption&, const SecurityOption&) = default;
};

struct PublishedPort {
  std::string container_port;  // "80/tcp"; "" where the Engine is to publish all
  std::string host_address;    // "": every address
  std::string host_port;       // "": the Engine chooses
  std::string at;

  friend bool operator==(const PublishedPort&, const PublishedPort&) = default;
};

// What is run in a container again and again.
struct HealthCheck {
  std::string command;    // the program and its arguments, quoted where need be
  bool in_shell = false;  // they are handed to the container's shell
  std::string at;

  friend bool operator==(const HealthCheck&, const HealthCheck&) = default;
};

struct Ulimit {
  std::string name;
  std::int64_t soft = 0;
  std::int64_t hard = 0;
  std::string at;

  friend bool operator==(const Ulimit&, const Ulimit&) = default;
};

// Where a path of the host leads, and which way.
struct WayOnHost {
  std::string end;
  // Every place on the way, the end included: whoever can write to a folder can change where a way
  // through it leads.
  std::vector<std::string> places;

  // One text for an Answer: the end and the places, NUL between them.
  std::string text() const;
  static WayOnHost of_text(std::string_view text);

  friend bool operator==(const WayOnHost&, const WayOnHost&) = default;
};

enum class ReferenceKind : std::uint8_t {
  container,
  exec,
  volume,
  network,
  image,
  pulled_image,  // an image that a build begins with, which dockgate has the Engine pull where it
                 // has none of that name
  newest_image,  // the same, and pulled even where the Engine has one
  service,
  host_path,  // a path of the host: where it leads
  engine,     // the Engine itself: its defaults; has no name
};

// How a request uses another object, and so what is asked of it.
enum class Use : std::uint8_t {
  judged,    // the policy would have to let it be made as it now is
  joined,    // the same of a network under any name or id; it has to be there, by a name that is
             // listed
  attached,  // the same, but it may be missing: it is then judged by the name it was given
  named,     // any will do; it is forwarded by the id that was found
  updated,   // the policy would have to let it be made as the request's body makes it
  base,      // a build begins with it, or copies from it: what it brings along is judged
  absent,    // there must be none that this name could mean
  told,      // what is said of it counts; where nothing is, nothing is lost
};

// Another object that the request uses: the Engine is asked about it.
struct Reference {
  ReferenceKind kind = ReferenceKind::container;
  std::string name;  // as the client wrote it: name, id or id prefix
  std::string at;
  Use use = Use::judged;
  std::string platform = {};  // of an image that a build begins with; "": the Engine's own

  friend bool operator==(const Reference&, const Reference&) = default;
};

struct Facts {
  // What the facts describe: what every container must have is asked of containers alone.
  enum class Of : std::uint8_t { other, container, exec, image, build, loaded_images };
  Of of = Of::other;
  bool service = false;  // the containers are a service's: its settings stand elsewhere

  // What the closed world does not know: fields without a row that are not zero, by pointer.
  std::vector<Asked> unknown_fields;

  std::optional<Asked> privileged;
  std::vector<Asked> cap_add;   // "SYS_ADMIN", "ALL": upper case, no prefix
  std::vector<Asked> cap_drop;  // the same
  std::vector<SecurityOption> security_opt;
  std::optional<Asked> masked_paths;    // a list that is not the Engine's default
  std::optional<Asked> readonly_paths;  // the same

  std::vector<BindMount> bind_mounts;  // of Binds, Mounts, and volumes that bind the host
  std::vector<VolumeMount> volumes;
  std::vector<AskedPair> volume_options;  // driver options, of a mount or of a volume
  std::vector<Asked> volume_drivers;      // other than "" and local
  std::vector<Asked> image_mounts;        // images that are mounted, as they are named
  std::vector<Asked> odd_mounts;          // of a type or form that dockgate does not know
  std::vector<Asked> odd_sources;         // of binds that are no absolute paths

  std::vector<Namespace> namespaces;
  std::vector<Asked> networks;  // joined by name in NetworkingConfig

  std::vector<Device> devices;
  std::vector<Asked> device_cgroup_rules;
  std::vector<Asked> device_requests;  // by driver; "" where none is named

  std::optional<Asked> runtime;
  std::optional<Asked> cgroup_parent;
  std::vector<AskedPair> sysctls;
  std::vector<AskedPair> annotations;
  std::optional<Asked> log_driver;
  std::vector<AskedPair> log_options;
  std::vector<Asked> group_add;
  std::vector<PublishedPort> ports;
  std::vector<AskedPair> labels;
  std::vector<Ulimit> ulimits;
  std::optional<Asked> user;
  std::optional<Asked> working_dir;
  std::optional<Asked> image;
  std::optional<Asked> name;
  std::vector<Asked> environment;   // the names of variables, never their values
  std::optional<Asked> command;     // the program and its arguments, quoted where need be
  std::optional<Asked> entrypoint;  // the same
  std::vector<Asked> extra_hosts;
  std::optional<Asked> restart;  // the restart policy's name, other than "" and "no"
  std::optional<HealthCheck> healthcheck;
  std::optional<Asked> shell;  // what a health check's script is given to, other than sh -c
  std::vector<AskedNumber> healthcheck_intervals;  // nanoseconds
  std::optional<Asked> odd_ps_arguments;           // what ps may tell of others' processes by

  // A container's place in its networks.
  std::vector<Asked> aliases;
  std::vector<Asked> addresses;  // IPv4, IPv6 and link-local ones that it chooses
  std::vector<Asked> mac_addresses;

  std::optional<Asked> oom_kill_disable;
  std::optional<AskedNumber> oom_score_adj;
  std::optional<AskedNumber> mem_limit;      // bytes
  std::optional<AskedNumber> memswap_limit;  // bytes; -1 is unlimited
  std::optional<AskedNumber> shm_size;       // bytes
  std::optional<AskedNumber> nano_cpus;      // 1e9 is one processor
  std::optional<AskedNumber> cpu_quota;      // microseconds in a period; negative is unlimited
  std::optional<AskedNumber> cpu_period;     // microseconds
  std::optional<AskedNumber> cpu_realtime_runtime;  // microseconds that no quota holds
  std::optional<AskedNumber> pids_limit;            // 0 and -1 are unlimited, and leave no fact
  std::optional<Asked> read_only;

  std::vector<Reference> references;

  std::optional<Asked> exec_privileged;

  // Build and image operations.
  std::optional<Asked> build_remote;    // a context that the Engine fetches by itself
  std::optional<Asked> buildkit;        // what BuildKit does runs past this request
  std::optional<Asked> build_pull;      // images are to be fetched even where there are some
  std::vector<Asked> fetches;           // what a Dockerfile adds, and the Engine might fetch
  std::vector<Asked> odd_triggers;      // of an image, of which it cannot be said what they do
  std::optional<Asked> build_run;       // the first command that a Dockerfile runs
  std::vector<Asked> hook_variables;    // that these commands have, and hooks on the host could
  std::vector<Asked> cache_sources;     // images whose layers a build may take, as written
  std::optional<Asked> import_source;   // fromSrc of ImageCreate
  std::optional<Asked> checkpoint;      // a state that is kept or restored
  std::optional<Asked> checkpoint_dir;  // the host's folder it is kept in
  std::vector<Asked> pulls;             // references that the Engine fetches, normalised
  std::vector<Asked> tags;              // names that images are given here, normalised
  std::vector<Asked> deletes;           // what is taken away, normalised; an id as it is written
  std::vector<Asked> pushes;            // references that are sent out, normalised
  std::vector<Asked> image_changes;     // instructions of a commit or import: `ENV`
  std::vector<Asked> odd_changes;       // of which it cannot be said what they set
  std::vector<Asked> registries;        // hosts the Engine is to talk to: logins, searches
  std::vector<Asked> odd_registries;    // addresses that name no host

  std::optional<Asked> archive_path;         // in a container, cleaned
  std::optional<Asked> odd_archive;          // what is to be unpacked is no plain tar
  std::optional<Asked> prune_named_volumes;  // a prune that takes volumes with a name too

  // NetworkCreate.
  std::optional<Asked> network_driver;     // other than "" and bridge
  std::vector<AskedPair> network_options;  // driver and IPAM options
  std::optional<Asked> network_config_from;
  std::optional<Asked> network_scope;  // other than "" and local
  std::vector<Asked> subnets;          // and ranges, in CIDR

  // Of an image that exists.
  std::vector<std::string> image_names;  // its tags and digests, normalised

  // What the Engine says of itself; "" where nobody asked.
  std::string engine_data_root;
  std::string engine_runtime;  // the default one

  // Where paths of the host lead once every symbolic link is followed, by the path; what nobody
  // looked at is not here.
  std::map<std::string, WayOnHost> host_paths;

  // Services: what a container has not.
  std::optional<Asked> service_plugin;      // tasks that are plugins
  std::optional<Asked> network_attachment;  // tasks that are another container's network
  std::optional<Asked> task_runtime;        // tasks of a kind that dockgate does not know
  std::vector<Asked> placement;             // "node.role==manager": no blanks around the operator
  std::vector<Asked> secrets;               // used by a service or a cluster volume, by name
  std::vector<Asked> configs;               // used by a service, by name
  std::vector<Asked> templates;             // text that nodes expand after it was judged
  std::optional<Asked> rollback;            // other than "" and none
  std::optional<Asked> registry_auth_from;  // other than "", spec and previous-spec
  std::optional<AskedNumber> service_version;
  std::vector<Asked> cluster_volumes;  // made or mounted

  // SwarmInit, SwarmJoin, SwarmUpdate, NodeUpdate.
  std::optional<Asked> listen_addr;
  std::optional<Asked> advertise_addr;
  std::optional<Asked> data_path_addr;
  std::optional<AskedNumber> data_path_port;  // other than 0 and 4789
  std::vector<Asked> remote_addrs;
  std::vector<Asked> external_cas;  // by URL
  std::optional<Asked> signing_ca;
  std::optional<Asked> force_new_cluster;
  std::optional<Asked> node_role;
  std::optional<Asked> node_availability;  // other than "" and active

  // Secrets and configs that are made.
  std::optional<Asked> secret_name;
  std::optional<Asked> secret_driver;
  std::optional<Asked> secret_templating;
  std::optional<Asked> config_name;
  std::optional<Asked> config_templating;

  // Plugins: by every name that the request gives them.
  std::vector<Asked> plugin_names;
  std::vector<AskedPair> plugin_privileges;  // "capabilities", "CAP_SYS_ADMIN"
  std::vector<Asked> plugin_settings;        // "DEBUG=1", "state.source=/srv"
  std::optional<Asked> plugin_create;        // a plugin that the request brings along

  friend bool operator==(const Facts&, const Facts&) = default;
};

}  // namespace dockgate::policy
