// Readers of query parameters: the same facts as a body's, where they mean the same.
#include <string>

#include "policy/facts.h"
#include "policy/json.h"
#include "policy/place.h"
#include "policy/read_facts/fact_readers.h"

namespace dockgate::policy {

void read_container_name(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.name = Asked{value.text, place.text()};
}

void read_checkpoint(const Json& value, const Place& place, Facts& facts) {
  if (!value.text.empty()) facts.checkpoint = Asked{value.text, place.text()};
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

// The same list as a container's, but its keys come as the client wrote them: any that is not
// exactly a published one would be read by the Engine and not here.
void read_build_ulimits(const Json& value, const Place& place, Facts& facts) {
  for (const Json& ulimit : value.items) {
    for (const Member& member : ulimit.members) {
      if (member.key == "Name" || member.key == "Soft" || member.key == "Hard") continue;
      facts.unknown_fields.push_back({member.key, place.text()});
    }
  }
  read_ulimits(value, place, facts);
}

// May be given more than once; the builder takes it as a list of one each.
void read_build_security_opt(const Json& value, const Place& place, Facts& facts) {
  Json list = Json::array();
  list.items.push_back(value);
  read_security_opt(list, place, facts);
}

}  // namespace dockgate::policy
