// Text of a record for people's terminals: names are a client's, and may be meant to hurt.
#pragma once

#include <string>
#include <string_view>

namespace dockgate::proxy::audit {

// Without what terminals take for commands, and without what changes the direction of text: such
// characters are written as `\u{1b}`.
std::string plain(std::string_view text);

// For HTML, in text and in quoted attributes: `plain`, and escaped.
std::string in_html(std::string_view text);

}  // namespace dockgate::proxy::audit
