#!/usr/bin/env bash
# Tries dockgate on this machine:
#
#   ./deploy/quickstart.sh         builds it and puts it in front of this machine's Docker Engine,
#                                  or of a private one where none answers
#   ./deploy/quickstart.sh down    stops what that started, and nothing else
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh

if [ "$(id -u)" -eq 0 ]; then
  state=/run/dockgate-quickstart
else
  state=${XDG_RUNTIME_DIR:-$HOME/.cache}/dockgate-quickstart
fi
gate=$state/docker.sock
image=dockgate-quickstart:busybox

# started NAME: whether the process that `start` noted still runs, and is the same one.
started() {
  local pid begun
  [ -f "$state/$1.pid" ] || return 1
  read -r pid begun <"$state/$1.pid"
  [ "$(begun_at "$pid")" = "$begun" ]
}

# begun_at PID: when the kernel started it, which tells it from a later process of the same number.
begun_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }

# start NAME COMMAND…: in the background, noted for `down`.
start() {
  local name=$1
  shift
  setsid "$@" >"$state/$name.log" 2>&1 </dev/null &
  echo "$! $(begun_at $!)" >"$state/$name.pid"
}

stop() {
  local pid
  if started "$1"; then
    read -r pid _ <"$state/$1.pid"
    kill "$pid"
    for _ in $(seq 100); do
      started "$1" || break
      sleep 0.1
    done
  fi
  rm -f "$state/$1.pid"
}

wait_for() {
  local what=$1
  shift
  for _ in $(seq 300); do
    "$@" && return 0
    sleep 0.1
  done
  echo "$what does not answer; see $state/*.log" >&2
  return 1
}

down() {
  [ -d "$state" ] || { echo "nothing is running"; return 0; }
  if [ -f "$state/imported" ]; then
    DOCKER_HOST=unix://$(cat "$state/engine") docker rmi -f "$image" >/dev/null 2>&1 || true
  fi
  stop gate
  if [ -d "$state/private" ]; then empty_engine "$state/private/docker.sock"; fi
  stop engine
  if [ -d "$state/private" ]; then
    umount -R "$state/private/data" 2>/dev/null || true
  fi
  rm -rf "$state"
  echo "stopped"
}

# The Engine to stand in front of: this machine's, or one of our own.
find_engine() {
  local local_engine=/var/run/docker.sock
  case ${DOCKER_HOST:-} in
    "unix://$gate") ;;
    unix://*) local_engine=${DOCKER_HOST#unix://} ;;
  esac
  # Installed here, it may come with an Engine that answers.
  command -v docker >/dev/null || install_missing "${engine_packages[@]}"
  if engine_answers "$local_engine"; then
    echo "$local_engine" >"$state/engine"
    return
  fi
  install_missing "${engine_packages[@]}"
  if [ "$(id -u)" -ne 0 ]; then
    echo "no Docker Engine answers at $local_engine, and only root can start one" >&2
    return 1
  fi
  echo "no Docker Engine answers here: starting a private one in $state/private"
  mkdir -p "$state/private"
  start engine bash -c '. deploy/packages.sh; private_engine "$1"' bash "$state/private"
  echo "$state/private/docker.sock" >"$state/engine"
  wait_for "the private Engine" engine_answers "$state/private/docker.sock"
}

has_image() { DOCKER_HOST=unix://$1 docker image inspect "$image" >/dev/null 2>&1; }

show() {
  echo
  echo "\$ docker $*"
  # One of the two is there to fail: what it prints is the point.
  { DOCKER_HOST=unix://$gate docker "$@" 2>&1 || true; } | sed 's/^/  /'
}

up() {
  install_missing "${build_packages[@]}" busybox-static
  cmake --preset release -DDOCKGATE_TESTS=OFF >/dev/null
  cmake --build --preset release --target dockgate
  mkdir -p -m 0700 "$state"
  started gate || find_engine
  local engine
  engine=$(cat "$state/engine")
  if ! has_image "$engine"; then
    import_busybox "$engine" "$image"
    touch "$state/imported"
  fi
  if ! started gate; then
    start gate build/release/dockgate serve --engine "unix://$engine" --listen "unix://$gate" \
      --host-root / \
      --policy baseline --audit "$state/audit.jsonl"
  fi
  wait_for dockgate engine_answers "$gate"

  show run --rm --network none "$image" echo "an ordinary container passes"
  show run --rm --privileged -v /:/host "$image" sh
  cat <<END

dockgate stands in front of $engine. Use it in this shell with

  export DOCKER_HOST=unix://$gate

Decisions are recorded in $state/audit.jsonl; ./deploy/quickstart.sh down ends the trial.
END
}

case ${1:-up} in
  up) up ;;
  down) down ;;
  *)
    echo "usage: $0 [up|down]" >&2
    exit 2
    ;;
esac
