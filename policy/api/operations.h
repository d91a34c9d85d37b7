// Every operation of the Docker Engine API, a row each: API 1.24 to 1.56, and what the Engine
// serves outside its published API. What has no row is refused.
//
// Names are Docker's operationIds (api/docs/v1.NN.yaml of the Engine's sources). To follow a new
// API version: add rows to operations.cpp, raise `newest_api`, add fields to the schemas.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/api/schema.h"

namespace dockgate::policy {

class Reasons;
struct Target;

enum class Method : std::uint8_t { get, head, post, put, delete_ };

std::string_view name_of(Method method);
std::optional<Method> method_named(std::string_view name);  // exact, upper case

struct ApiVersion {
  std::uint16_t major = 1;
  std::uint16_t minor = 0;

  friend auto operator<=>(const ApiVersion&, const ApiVersion&) = default;
};

// Below 1.24 the same paths mean more: `start` takes a whole HostConfig.
inline constexpr ApiVersion oldest_api{1, 24};
inline constexpr ApiVersion newest_api{1, 56};

enum class Effect : std::uint8_t { reads, mutates };

// What the body is, and so how dockgate treats it.
enum class BodyKind : std::uint8_t {
  none,    // there is none; an empty JSON value that some clients send is dropped
  json,    // held, read along `schema`, written afresh
  tar,     // an archive that the Engine unpacks: its beginning is looked at, then relayed
  stream,  // opaque bytes, relayed as they come, never held
};

// Whether the Engine serves a request without one.
enum class Presence : std::uint8_t { required, optional };

struct Body {
  BodyKind kind = BodyKind::none;
  const Schema* schema = nullptr;
  Presence presence = Presence::required;
};

// How the exchange goes on after the head.
enum class Flow : std::uint8_t {
  plain,      // an answer, soon
  streams,    // an answer that may take hours: logs, events, wait, pull, build
  hijacks,    // becomes raw bytes both ways after 101, or after 200 with a raw-stream type
  websocket,  // the same, over WebSocket framing
  h2c,        // becomes HTTP/2
};

// What the path's first argument names.
enum class Subject : std::uint8_t {
  none,
  container,
  named_container,    // forwarded by the id that was found
  judged_container,   // a container that the policy would have to allow as it now stands
  updated_container,  // a container that the policy would have to allow as the body makes it
  judged_exec,        // an exec instance: it and its container are judged
  attached_network,   // a network whose name, driver and options the policy would have to allow
  image,
  named_image,   // by its name alone: forwarded as the Engine reads it
  judged_image,  // an image that the policy would have to let be run
  network,
  volume,
  service,     // judged by what it was, where the request brings that back
  plugin,      // by its name
  new_plugin,  // comes with the request
  other,
};

enum class ParameterType : std::uint8_t {
  string,
  boolean,      // Go's reading: empty, 0, no, false, none are false, all else is true
  integer,      // decimal digits, maybe with a sign; empty is absent
  json,         // a JSON document, written afresh
  strings,      // may be given more than once
  image_name,   // forwarded as the Engine reads it: docker.io/library/alpine
  image_names,  // the same, more than once
  unread,       // clients send it and no Engine reads it: dropped, whatever it says
};

struct Parameter {
  std::string_view name;
  ParameterType type = ParameterType::string;
  ReadFact reads = safe;
  // What the document is, of a parameter of type json; nullptr: filters, which only narrow.
  const Schema* document = nullptr;
};

// Reads what path and parameters say together.
using ReadTarget = void (*)(const Target& target, Facts& facts, Reasons& reasons);

struct Operation {
  std::string_view id;  // ContainerCreate
  Method method;
  // Segments: literal, `{id}` for one argument, `{name*}` for one that may hold slashes.
  std::string_view path;
  std::string_view group;  // "@run"
  Effect effect;
  Flow flow;
  Body body;
  Subject subject;
  ApiVersion since;  // the first API version that published it; 0.0 where none did
  std::span<const Parameter> query;
  ReadTarget reads = nullptr;
};

std::span<const Operation> all_operations();

// The groups, in the order of the documentation, each with what it is for.
struct Group {
  std::string_view name;
  std::string_view holds;
};

std::span<const Group> all_groups();

// nullptr where the operation has no such parameter.
const Parameter* parameter_named(const Operation& operation, std::string_view name);

// By operationId, exactly; nullptr where there is none.
const Operation* operation_named(std::string_view id);

struct Route {
  const Operation* operation = nullptr;  // nullptr: no row
  std::vector<std::string> arguments;    // in the order of the path, decoded
};

// Matches the decoded segments of a path, version prefix removed, against the rows.
Route find_operation(Method method, std::span<const std::string_view> segments);

}  // namespace dockgate::policy
