# The Debian 12 packages that dockgate needs: to build it, to test it, and to have an Engine.
# Sourced by deploy/quickstart.sh, tests/run.sh and tests/bench/run.sh.

build_packages=(cmake ninja-build g++ ccache mold libboost1.81-dev libboost-json1.81-dev
  libyaml-cpp-dev libspdlog-dev libcli11-dev libssl-dev zlib1g-dev
  libseccomp-dev pkg-config)
engine_packages=(docker.io busybox-static tar)
clang_packages=(clang libclang-rt-14-dev)  # for the presets `clang` and `fuzz`
test_packages=(libgtest-dev openssl curl testssl.sh prometheus python3 python3-yaml python3-docker
  python3-jsonschema chromium docker-compose docker-registry systemd golang-1.19-go valgrind)
bench_packages=(haproxy nginx-light nghttp2-client libbenchmark-dev)  # their services are not used
node_packages=(nodejs npm)  # where the machine has no `node` and `npm` of its own

# install_missing PACKAGE…: installs those that are not there, as root.
install_missing() {
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -ne 0 ]; then
    echo "these packages are missing: ${missing[*]}" >&2
    echo "install them as root, or run this as root" >&2
    return 1
  fi
  echo "installing ${missing[*]}" >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# private_engine FOLDER: becomes an Engine that shares nothing with the machine's own.
private_engine() {
  local folder=$1
  exec dockerd -H "unix://$folder/docker.sock" --data-root "$folder/data" --exec-root "$folder/exec" \
    -p "$folder/pid" --bridge=none --iptables=false --ip6tables=false
}

# empty_engine SOCKET: removes its containers and networks, whose processes and bridges would
# outlive it.
empty_engine() {
  local host=unix://$1
  engine_answers "$1" || return 0
  docker -H "$host" ps -aq | xargs -r docker -H "$host" rm -f >/dev/null || true
  docker -H "$host" network prune -f >/dev/null || true
}

# engine_answers SOCKET
engine_answers() { DOCKER_HOST="unix://$1" timeout 5 docker version >/dev/null 2>&1; }

# import_busybox SOCKET NAME: a tiny image, made here of Debian's static busybox.
import_busybox() {
  local folder
  folder=$(mktemp -d)
  mkdir -p "$folder/bin" "$folder/tmp" "$folder/etc"
  cp /bin/busybox "$folder/bin/busybox"
  local applet
  for applet in $(/bin/busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "$folder/bin/$applet"
  done
  echo 'root:x:0:0:root:/:/bin/sh' >"$folder/etc/passwd"
  tar -C "$folder" -c . | DOCKER_HOST="unix://$1" docker import - "$2" >/dev/null
  rm -rf "$folder"
}
