// What the benchmark's Engine answers: the same bytes every time, with the fields of a real one.
#pragma once

#include <string>
#include <string_view>

namespace dockgate::bench {

// The head and body of the answer to one request without a body that streams; `target` as it came.
const std::string& answer_to(std::string_view method, std::string_view target);

// The head of `docker save`'s answer, chunked; that of a connection that becomes a tunnel.
extern const std::string stream_head;
extern const std::string tunnel_head;

// "/v1.43/_ping?x" -> "/_ping".
std::string_view path_of(std::string_view target);

}  // namespace dockgate::bench
