#!/usr/bin/env bash
# Builds the fuzz targets with address and undefined-behaviour sanitizers, replays their corpora and
# goes on from there.
#
#   tests/fuzz/run.sh                      each target for a minute, as many at once as processors
#   tests/fuzz/run.sh --minutes 60         each for an hour
#   tests/fuzz/run.sh --only session       one of them
#   tests/fuzz/run.sh --minutes 0          replays alone
#
# What it learns stays in build/fuzz/learnt/ for the next run. What it finds is in
# build/fuzz/found/, and belongs into corpus/NAME/, where every preset's tests replay it; the exit
# status is then 1.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh

minutes=1 only='' jobs=$(nproc)
usage() {
  echo "usage: tests/fuzz/run.sh [--minutes N] [--only NAME] [--jobs N]" >&2
  exit 2
}
while [ $# -gt 0 ]; do
  [ $# -ge 2 ] || usage
  case $1 in
    --minutes) minutes=$2 ;;
    --only) only=$2 ;;
    --jobs) jobs=$2 ;;
    *) usage ;;
  esac
  shift 2
done
seconds=$(awk -v minutes="$minutes" 'BEGIN { print int(minutes * 60) }')

corpora=tests/fuzz/corpus
targets=("$corpora"/*)
targets=("${targets[@]##*/}")
if [ -n "$only" ]; then
  [ -d "$corpora/$only" ] || { echo "no target \`$only\`; there are: ${targets[*]}" >&2; exit 2; }
  targets=("$only")
fi

install_missing "${build_packages[@]}" "${clang_packages[@]}"
began=$SECONDS
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}" -- -j "$jobs"
echo "built in $((SECONDS - began)) s"

# fuzz NAME: its output is in build/fuzz/log/NAME; fails where it found something.
fuzz() {
  local name=$1 options=(-max_len=4096 -timeout=20 -rss_limit_mb=3000 -print_final_stats=1)
  options+=("-artifact_prefix=build/fuzz/found/$name-")
  [ -f "tests/fuzz/dictionaries/$name.dict" ] && options+=("-dict=tests/fuzz/dictionaries/$name.dict")
  mkdir -p "build/fuzz/learnt/$name"
  if [ "$seconds" -eq 0 ]; then
    "build/fuzz/tests/fuzz/fuzz_$name" "${options[@]}" -runs=0 "$corpora/$name"
  else
    # The corpus first, by itself: of what is merged into what was learnt, not every file is run.
    "build/fuzz/tests/fuzz/fuzz_$name" "${options[@]}" "$corpora/$name"/* &&
      "build/fuzz/tests/fuzz/fuzz_$name" "${options[@]}" -max_total_time="$seconds" \
        "build/fuzz/learnt/$name" "$corpora/$name"
  fi >"build/fuzz/log/$name" 2>&1
}

mkdir -p build/fuzz/log build/fuzz/found
running=0
declare -A status
declare -A name_of
settle() {
  local ended code=0
  wait -n -p ended || code=$?
  status[${name_of[$ended]}]=$code
  running=$((running - 1))
}
for name in "${targets[@]}"; do
  [ "$running" -lt "$jobs" ] || settle
  fuzz "$name" &
  name_of[$!]=$name
  running=$((running + 1))
done
while [ "$running" -gt 0 ]; do settle; done

# The last number that stands behind a word in a target's output.
last() { grep -o "$2 *[0-9]*" "build/fuzz/log/$1" | tail -n 1 | grep -o '[0-9]*$' || echo 0; }

failed=0
printf '%-16s %12s %8s %s\n' target executions covered result
for name in "${targets[@]}"; do
  result=clean
  if [ "${status[$name]}" -ne 0 ]; then
    failed=1
    result="FOUND $(grep -m 1 -E '^does not hold|ERROR: |runtime error' "build/fuzz/log/$name" ||
      echo "something: build/fuzz/log/$name")"
  fi
  printf '%-16s %12s %8s %s\n' "$name" "$(last "$name" number_of_executed_units:)" \
    "$(last "$name" cov:)" "$result"
done
[ "$failed" -eq 0 ] || ls -l build/fuzz/found
exit "$failed"
