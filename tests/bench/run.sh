#!/usr/bin/env bash
# Installs what is missing, builds, and runs the benchmark; what is given goes on to bench.py.
#
#   tests/bench/run.sh                     all rows, seven rounds: takes its time
#   tests/bench/run.sh --quick             what CI runs
#   tests/bench/run.sh --rows 'list|save'  these rows
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh

install_missing "${build_packages[@]}" libgtest-dev "${bench_packages[@]}"
cmake --preset release -DDOCKGATE_TESTS=ON >/dev/null
cmake --build --preset release --target \
  dockgate bench_engine bench_relay bench_load bench_micro -- -j "$(nproc)"
exec /usr/bin/python3 tests/bench/bench.py "$@"
