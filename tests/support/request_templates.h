// What mutated requests are made from: requests that clients send, and what can be put into each,
// harmless or not. Values are JSON in a body, plain text in a query.
//
// They speak of an Engine that has these: the containers `plain` (with a volume, and an IPC
// namespace to share), `bound` (with a bind mount), `privileged` and `hosted` (on the host's
// network); the volumes `plain-volume` and `door` (which is /etc); the network `lan`.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace dockgate::tests {

struct TemplateField {
  std::string_view at;  // keys from the top of the body, `HostConfig/Binds`; or a parameter
  std::string_view value;
};

struct RequestTemplate {
  std::size_t weight;     // how often, beside the others
  std::string_view path;  // without a version
  std::string_view body;  // JSON; "": the body is a build context
  std::span<const TemplateField> harmless;
  std::span<const TemplateField> dangerous;
  std::span<const TemplateField> query;
  std::span<const TemplateField> dangerous_query;
};

std::span<const RequestTemplate> request_templates();

// Values of all kinds that mean something somewhere: `host`, `container:hosted`, `/etc:/e`.
std::span<const std::string_view> telling_words();

}  // namespace dockgate::tests
