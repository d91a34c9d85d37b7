// A Dockerfile, read as the Engine's builder reads it, and written with one line an instruction.
//
// Joined lines, dropped comments and images by their ids leave the Engine nothing to read
// differently. Facts of the format: docs.docker.com/reference/dockerfile, and the parser that the
// Engine and BuildKit share (github.com/moby/buildkit, frontend/dockerfile/parser).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace dockgate::policy {

struct Instruction {
  std::size_t line = 0;  // where it begins; the first is 1
  std::string keyword;   // upper case; of ONBUILD's trigger too, where `is_trigger`
  bool is_trigger = false;
  std::string text;  // all of it on one line, but for the image's name
  // The image it begins with or copies from, as FROM and --from name it, variables filled in; ""
  // where it names none, or a stage.
  std::string image;
  std::size_t image_at = 0;          // its place in `text`
  std::vector<std::string> sources;  // of ADD: words as they are written, without the last
  std::string platform;              // of FROM; "" where it names none
};

struct DockerfileProblem {
  std::size_t line = 0;
  std::string what;
};

using BuildArguments = std::map<std::string, std::string>;

// The error is the first thing that is wrong. `arguments` fill in what an ARG before the first
// FROM declares.
Result<std::vector<Instruction>, DockerfileProblem> read_dockerfile(
    std::string_view text, const BuildArguments& arguments);

// One trigger of an image (Config.OnBuild), which the Engine reads as a Dockerfile of one line.
Result<Instruction, DockerfileProblem> read_trigger(std::string_view text);

// Whether the Engine could take a source of ADD for something to fetch, once it has filled in
// variables and taken quotes away.
bool may_be_fetched(std::string_view source);

// The address without what could be a secret in it: `https://example.com/...` of one with a user,
// a path and a query.
std::string shown_address(std::string_view source);

}  // namespace dockgate::policy
