// Readers of query parameters: the same facts as a body's, where they mean the same.
#include <optional>
#include <string>
#include <string_view>

#include "policy/facts.h"
#include "policy/host_path.h"
#include "policy/image_reference.h"
#include "policy/json.h"
#include "policy/place.h"
#include "policy/ps_arguments.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {

// A name of hex digits alone would stand in the way of a container whose id begins so.
void read_container_name(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty()) return;
  facts.name = Asked{value.text, place.text()};
  const std::string name = value.text.substr(value.text.front() == '/' ? 1 : 0);
  if (!reads_as_id(name)) return;
  facts.references.push_back({ReferenceKind::container, name, place.text(), Use::absent});
}

// The Engine runs ps on the host with them, as root.
void read_ps_arguments(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty() || lists_processes(value.text)) return;
  facts.odd_ps_arguments = Asked{value.text, place.text()};
}

void read_checkpoint(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.checkpoint = Asked{value.text, place.text()};
}

void read_checkpoint_dir(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.checkpoint_dir = Asked{clean_path(value.text), place.text()};
}

// Relative to the container's root, wherever its working directory is.
void read_archive_path(const Json& value, const Place& place, Facts& facts) {
  facts.archive_path = Asked{clean_path("/" + value.text), place.text()};
}

// A URL, or a host alone. What is neither may hold credentials, and is not told.
void read_login_address(const Json& value, const Place& place, Facts& facts) {
  const std::optional<std::string> host = registry_host(value.text);
  (host ? facts.registries : facts.odd_registries)
      .push_back({host.value_or("an address that names no host"), place.text()});
}

void read_build_hosts(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.extra_hosts.push_back({value.text, place.text()});
}

void read_commit_container(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty()) return;
  facts.references.push_back({ReferenceKind::container, value.text, place.text()});
}

void read_import_source(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.import_source = Asked{value.text, place.text()};
}

void read_build_network(const Json& value, const Place& place, Facts& facts) {
  read_network_mode(value, place, facts);
}

void read_build_remote(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.build_remote = Asked{value.text, place.text()};
}

void read_build_session(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.buildkit = Asked{"session", place.text()};
}

// 1 is the classic builder; everything else is, or may become, BuildKit.
void read_build_version(const Json& value, const Place& place, Facts& facts) {
  if (value.text.empty() || value.text == "1") return;
  facts.buildkit = Asked{"version=" + value.text, place.text()};
}

void read_cache_sources(const Json& value, const Place&, Facts& facts) {
  for (const Json& source : value.items) facts.cache_sources.push_back({source.text, "?cachefrom"});
}

void read_build_outputs(const Json& value, const Place& place, Facts& facts) {
  if (!value.is_zero()) facts.buildkit = Asked{"outputs", place.text()};
}

void read_build_memory(const Json& value, const Place& place, Facts& facts) {
  read_mem_limit(Json::of_number(value.text), place, facts);
}

void read_build_memswap(const Json& value, const Place& place, Facts& facts) {
  read_memswap_limit(Json::of_number(value.text), place, facts);
}

void read_build_shm_size(const Json& value, const Place& place, Facts& facts) {
  read_shm_size(Json::of_number(value.text), place, facts);
}

// May be given more than once; the builder takes it as a list of one each.
void read_build_security_opt(const Json& value, const Place& place, Facts& facts) {
  Json list = Json::array();
  list.items.push_back(value);
  read_security_opt(list, place, facts);
}

}  // namespace dockgate::policy
