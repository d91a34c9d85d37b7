#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test; ends in ctest's summary.
#
#   DOCKGATE_TESTS_WITHOUT_ENGINE=1   leaves out the tests that need a real Engine, and says so
#   DOCKGATE_TESTS_PRESET=asan        builds with another preset than `release`
#
# Arguments are ctest's: `-L threads`.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh

preset=${DOCKGATE_TESTS_PRESET:-release}
command -v node >/dev/null && command -v npm >/dev/null || test_packages+=("${node_packages[@]}")
install_missing "${build_packages[@]}" "${engine_packages[@]}" "${test_packages[@]}" \
  "${bench_packages[@]}"
case $preset in clang | fuzz | release) install_missing "${clang_packages[@]}" ;; esac
cmake --preset "$preset" -DDOCKGATE_TESTS=ON >/dev/null
cmake --build --preset "$preset" -- -j "$(nproc)"
tests=()
if [ "${DOCKGATE_TESTS_WITHOUT_ENGINE:-}" = 1 ]; then
  echo "LEFT OUT: every test that needs a real Engine (DOCKGATE_TESTS_WITHOUT_ENGINE=1)" >&2
  tests=(--label-exclude engine)
fi
ctest --test-dir "build/$preset" --output-on-failure -j 2 "${tests[@]}" "$@"
