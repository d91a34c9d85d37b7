// A finished file, compressed in its place.
#pragma once

#include <string>

namespace dockgate::proxy::audit {

// `file` becomes `file.gz`, which is there whole or not at all; with the same mode and owner. The
// problem, or "".
std::string compress_file(const std::string& file);

}  // namespace dockgate::proxy::audit
