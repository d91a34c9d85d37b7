// The lines of a Dockerfile, joined where they go on, without comments.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/build/dockerfile.h"
#include "policy/result.h"

namespace dockgate::policy {

// Blanks between words, as the builder has them.
inline constexpr std::string_view dockerfile_blanks = " \t\v\f\r";

struct DockerfileLine {
  std::size_t number = 0;  // of its first line in the file; the first is 1
  std::string text;        // begins and ends with no blank; never empty
};

Result<std::vector<DockerfileLine>, DockerfileProblem> read_dockerfile_lines(std::string_view text);

}  // namespace dockgate::policy
