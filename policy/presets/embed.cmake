# Writes presets.cpp from the YAML files beside it: cmake -D OUT=… -D DIR=… -P embed.cmake
set(body "")
foreach(name baseline restricted read-only observe)
  file(READ "${DIR}/${name}.yaml" yaml)
  string(APPEND body "    {\"${name}\", R\"preset(${yaml})preset\"},\n")
endforeach()
file(WRITE "${OUT}" "// Made from policy/presets/*.yaml.
#include \"policy/load/load_settings.h\"

namespace dockgate::policy {

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all = {
${body}  };
  return all;
}

}  // namespace dockgate::policy
")
