#!/usr/bin/env bash
# What of policy/ its tests and the corpora of its fuzz targets run through: a line a file, and the sum. Fails below 98 % of
# the lines or 95 % of the branches.
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
look export -summary-only | python3 -c '
import json, os, sys
summed = {"lines": [0, 0], "branches": [0, 0]}
print("{:36} {:>17} {:>17}".format("", "lines", "branches"))

def row(name, counts):
    print("{:36}".format(name), *["{:>6}/{:<5}{:>4.0f} %".format(
        covered, count, 100 * covered / count if count else 100) for covered, count in counts])

for one in json.load(sys.stdin)["data"][0]["files"]:
    name = os.path.relpath(one["filename"])
    if not name.startswith("policy/"):
        continue
    counts = [(one["summary"][what]["covered"], one["summary"][what]["count"]) for what in summed]
    row(name, counts)
    for total, (covered, count) in zip(summed.values(), counts):
        total[0] += covered
        total[1] += count
row("policy/", summed.values())
lines, branches = (covered / count for covered, count in summed.values())
sys.exit(lines < 0.98 or branches < 0.95)
'
