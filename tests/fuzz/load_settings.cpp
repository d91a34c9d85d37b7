// A text is a configuration or a list of problems, each with its place; what it means can be told.
#include "policy/load/load_settings.h"

#include "tests/fuzz/property.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace dockgate;
  const policy::Surroundings around = {
      .working_directory = "/work",
      .config_file = "/srv/dockgate.yaml",
      .user_id = [](const std::string& name) -> std::optional<std::uint32_t> {
        if (name == "root") return 0;
        return std::nullopt;
      },
      .group_id = [](const std::string&) -> std::optional<std::uint32_t> { return 7; },
      .group_of_user = [](std::uint32_t) -> std::optional<std::uint32_t> { return std::nullopt; },
      .fingerprint = [](std::string_view) { return std::string("sha256:0"); }};
  const auto settings = policy::load_settings(tests::text_of(bytes, size), "dockgate.yaml", around);
  if (settings) {
    tests::expect(!settings->listen.empty(), "settings say where to listen");
    tests::expect(!policy::describe(*settings).empty(), "settings can be described");
    static_cast<void>(policy::clients_that_never_match(*settings));
    return 0;
  }
  const policy::Problems problems = settings.error();
  tests::expect(!problems.empty(), "what does not load says why");
  for (const policy::Problem& problem : problems) {
    const bool of_the_whole = problem.line == 0 && problem.column == 0;
    tests::expect(of_the_whole || (problem.line > 0 && problem.column > 0),
                  "every problem has its place");
    tests::expect(!problem.what.empty(), "and says what it is");
  }
  return 0;
}
