// mutate SEED COUNT [FROM]: mutated requests, one a line of JSON: {"method", "target", "body"}.
// A body may be any bytes: each is one character of its string, U+0000 to U+00FF.
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <string>

#include "policy/json.h"
#include "tests/support/mutated_request.h"

namespace {

using namespace dockgate;

std::string characters_of(const std::string& bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | byte >> 6);
      out += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return out;
}

std::string line_of(const tests::MutatedRequest& request) {
  policy::Json line = policy::Json::object();
  line.add("method", policy::Json::of_string(request.method));
  line.add("target", policy::Json::of_string(request.target));
  line.add("body", policy::Json::of_string(characters_of(request.body)));
  return policy::to_text(line);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: mutate SEED COUNT [FROM]\n");
    return 2;
  }
  const std::uint64_t seed = std::stoull(arguments[1]);
  const std::uint64_t from = count > 3 ? std::stoull(arguments[3]) : 0;
  const std::uint64_t end = from + std::stoull(arguments[2]);
  for (std::uint64_t number = from; number < end; ++number) {
    std::cout << line_of(tests::mutated_request(seed, number)) << '\n';
  }
  return std::cout.flush() ? 0 : 1;
}
