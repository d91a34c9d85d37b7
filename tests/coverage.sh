#!/usr/bin/env bash
# What of policy/ its tests and the corpora of its fuzz targets run through: a line a file, and the
# sum. Fails below 98 % of the lines or 95 % of the branches; coverage_table.py says what counts as one.
#
#   tests/coverage.sh              the table
#   tests/coverage.sh FILE         that file's lines and branches that no test runs through
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh

install_missing "${build_packages[@]}" "${clang_packages[@]}" llvm libgtest-dev
out=build/coverage
export LLVM_PROFILE_FILE=$PWD/$out/build.profraw  # of the programs that the build runs
cmake --preset coverage >/dev/null
replayed=(bodies build_context create dockerfile inspected load_policy load_settings mutations
  read_target strict_json)
cmake --build --preset coverage --target policy_tests "${replayed[@]/#/fuzz_}"
rm -f "$out"/*.profraw
LLVM_PROFILE_FILE=$out/policy.profraw "$out/tests/policy_tests" --gtest_brief=1
programs=()
for name in "${replayed[@]}"; do
  LLVM_PROFILE_FILE=$out/$name.profraw "$out/tests/fuzz/fuzz_$name" "tests/fuzz/corpus/$name"
  programs+=(-object "$out/tests/fuzz/fuzz_$name")
done
llvm-profdata merge -sparse "$out"/*.profraw -o "$out/policy.profdata"
look() {
  llvm-cov "$1" "$out/tests/policy_tests" "${programs[@]}" \
    -instr-profile="$out/policy.profdata" "${@:2}"
}
if [ $# -ne 0 ]; then
  look show -show-branches=count -show-line-counts "$1"
  exit
fi
look export -skip-functions -skip-expansions | python3 tests/coverage_table.py
