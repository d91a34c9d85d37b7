"""docker-compose does with a project what it does without the gate: same output, same exit status,
same objects at the Engine; and a project that baseline refuses is refused with its reasons."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import (  # noqa: E402
    IMAGE, engine_and_gate, environment, request, wait_until, without_ids)

COMPOSE = "/usr/bin/docker-compose"

# What developers write: each field here is one that docker-compose turns into Engine requests.
PROJECT = f"""
services:
  db:
    image: {IMAGE}
    command: sh -c "echo ready > /data/state; echo db is up; exec sleep 300"
    init: true
    stop_grace_period: 1s
    restart: unless-stopped
    hostname: db
    volumes: ["data:/data", "shared:/shared:rw", "/anonymous"]
    tmpfs: ["/run", "/tmp:size=1m,mode=1777"]
    networks:
      back: {{ aliases: [database, store] }}
    healthcheck: {{ test: ["CMD", "test", "-f", "/data/state"], interval: 1s, retries: 30 }}
    logging: {{ driver: json-file, options: {{ max-size: "1m", max-file: "2" }} }}
    ulimits: {{ nofile: {{ soft: 64, hard: 128 }} }}
  web:
    image: {IMAGE}
    command: sh -c "echo web is up; exec httpd -f -p 80 -h /shared"
    depends_on: [db]
    init: true
    restart: on-failure:3
    stop_grace_period: 1s
    volumes: ["shared:/shared:ro", "data:/data:nocopy"]
    networks: [front, back]
    extra_hosts: ["outside:192.0.2.9"]
    ports: ["127.0.0.1::80"]
    environment: {{ MODE: test }}
    labels: {{ role: web }}
    logging: {{ driver: json-file }}
    cap_drop: [NET_RAW]
    security_opt: ["no-new-privileges:true"]
    mem_limit: 64m
    working_dir: /tmp
    user: "0:0"
  side:
    image: {IMAGE}
    command: sleep 300
    init: true
    stop_grace_period: 1s
    network_mode: service:web
    depends_on: [web]
    logging: {{ driver: none }}
  tool:
    image: {IMAGE}
    profiles: [tools]
    network_mode: none
    volumes: ["data:/data:ro"]
    command: cat /data/state
networks:
  front: {{ labels: {{ tier: front }} }}
  back:
    driver: bridge
    internal: true
    labels: {{ tier: back }}
    ipam: {{ config: [{{ subnet: 10.213.77.0/24 }}] }}
volumes:
  data: {{ labels: {{ keep: "no" }} }}
  shared: {{}}
"""

BUILT = """
services:
  made:
    build: { context: ., network: none, args: { WORD: hello }, labels: { made: here } }
    image: made:1
    network_mode: none
    environment: { WORD: again }
"""

DOCKERFILE = f"""
FROM {IMAGE}
ARG WORD
RUN echo built-$WORD > /word
COPY compose.yaml /
CMD cat /word
"""

JOB = f"""
services:
  job:
    image: {IMAGE}
    network_mode: none
    command: sh -c "sleep 1; echo working; echo warned >&2; sleep 1; exit 7"
"""


def setUpModule():
    global ENGINE, GATE
    ENGINE, GATE = engine_and_gate(unittest.addModuleCleanup)


def normal(output):
    """Output without what differs from run to run, its lines in order: services work side by
    side, and docker-compose prints what is ready first."""
    text = output.decode(errors="replace")
    text = without_ids(text)
    text = re.sub(r"_run_[0-9a-f]+", "_run_ID", text)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
    text = re.sub(r"in \d+\.\d+s", "in TIME", text)
    return sorted(line.rstrip() for line in re.split(r"[\r\n]+", text))


class Compose(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, text, name="compose.yaml"):
        (self.folder / name).write_text(text)

    def compose(self, socket, *arguments, stdin=b"", **variables):
        done = subprocess.run(
            [COMPOSE, "--ansi", "never", "-p", "app", "-f", self.folder / "compose.yaml",
             *arguments],
            input=stdin, capture_output=True, timeout=60, cwd=self.folder,
            env=dict(environment(socket), **variables))
        return done

    def same(self, life):
        """`life` uses what it is given as docker-compose: with and without the gate alike."""
        self.addCleanup(sweep)
        outcomes = []
        for socket in (ENGINE.socket, GATE.socket):
            outcome = []

            def run(*arguments, expect=0, **options):
                done = self.compose(socket, *arguments, **options)
                self.assertEqual(done.returncode, expect, (arguments, done))
                outcome.append((arguments, normal(done.stdout), normal(done.stderr)))
                return done.stdout.decode()

            life(run)
            outcomes.append(outcome)
        for without, with_gate in zip(*outcomes, strict=True):
            self.assertEqual(without, with_gate)


def names_of(kind, target, key="Name"):
    found = ENGINE.get(target)
    found = found[kind] or [] if kind else found
    return {entry[key] for entry in found}


def containers():
    return {name.lstrip("/") for container in ENGINE.get("/containers/json?all=1")
            for name in container["Names"]}


def inspect(container):
    return ENGINE.get(f"/containers/{container}/json")


def sweep():
    """Leaves the Engine as it was, whatever a test had made."""
    for container in containers():
        request(ENGINE.socket, "DELETE", f"/containers/{container}?force=1&v=1")
    for kind in ("volumes", "networks"):
        request(ENGINE.socket, "POST", f"/{kind}/prune")


class Projects(Compose):
    def check_what_is_there(self):
        self.assertEqual(containers(), {"app_db_1", "app_web_1", "app_side_1"})
        self.assertLessEqual({"app_data", "app_shared"}, names_of("Volumes", "/volumes"))
        self.assertLessEqual({"app_front", "app_back"}, names_of(None, "/networks"))
        database, web, side = (inspect(f"app_{name}_1") for name in ("db", "web", "side"))
        self.assertIn("store", database["NetworkSettings"]["Networks"]["app_back"]["Aliases"])
        self.assertEqual(database["HostConfig"]["RestartPolicy"]["Name"], "unless-stopped")
        self.assertEqual(database["HostConfig"]["LogConfig"],
                         {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "2"}})
        self.assertEqual(set(database["HostConfig"]["Tmpfs"]), {"/run", "/tmp"})
        self.assertEqual(set(web["NetworkSettings"]["Networks"]), {"app_back", "app_front"})
        self.assertEqual(web["HostConfig"]["ExtraHosts"], ["outside:192.0.2.9"])
        self.assertEqual({(m["Name"], m["RW"]) for m in web["Mounts"]},
                         {("app_shared", False), ("app_data", True)})
        self.assertEqual(side["HostConfig"]["NetworkMode"], "container:" + web["Id"])
        self.assertTrue(all(c["HostConfig"]["Init"] for c in (database, web, side)))

    def check_that_all_is_gone(self):
        self.assertEqual(containers(), set())
        self.assertEqual(names_of("Volumes", "/volumes"), set())
        self.assertLessEqual(names_of(None, "/networks"), {"bridge", "host", "none"})

    def test_life_of_a_project(self):
        def life(run):
            self.write(PROJECT)
            run("up", "-d")
            wait_until(lambda: inspect("app_db_1")["State"]["Health"]["Status"] == "healthy", 20,
                       "the health check")
            self.check_what_is_there()
            run("ps")
            run("exec", "-T", "db", "sh", "-c", "hostname; cat > /shared/index.html",
                stdin=b"page\n" * 10000)
            address = run("port", "web", "80").strip()
            with urllib.request.urlopen(f"http://{address}/index.html", timeout=10) as page:
                self.assertEqual(page.read(), b"page\n" * 10000)
            run("exec", "-T", "side", "sh", "-c",
                "wget -qO- http://localhost/index.html | tail -n 1; echo no >&2; exit 1", expect=1)
            run("exec", "-T", "web", "grep", "outside", "/etc/hosts")
            run("logs", "db", "web")
            run("run", "--rm", "-T", "tool")
            before = inspect("app_web_1")["Id"]
            self.write(PROJECT.replace("MODE: test", "MODE: other"))
            run("up", "-d", "--scale", "side=2")
            self.assertNotEqual(inspect("app_web_1")["Id"], before)
            self.assertIn("app_side_2", containers())
            run("stop", "-t", "1")
            self.assertFalse(inspect("app_web_1")["State"]["Running"])
            run("ps", "-a")
            run("down", "-v", "-t", "1")
            self.check_that_all_is_gone()

        self.same(life)

    def test_in_the_foreground(self):
        self.write(JOB)

        def life(run):
            run("up", "--exit-code-from", "job", expect=7)
            sweep()

        self.same(life)

    def test_run_without_the_docker_cli(self):
        """docker-compose attaches by itself, on hijacked connections."""
        self.write(JOB)

        def life(run):
            run("run", "--rm", "-T", "job", expect=7, COMPOSE_INTERACTIVE_NO_CLI="1")

        self.same(life)

    def test_build(self):
        self.write(BUILT)
        self.write(DOCKERFILE, "Dockerfile")

        def life(run):
            run("build", "--no-cache", COMPOSE_DOCKER_CLI_BUILD="1")
            run("build", "--no-cache", COMPOSE_DOCKER_CLI_BUILD="0")
            self.assertEqual(ENGINE.get("/images/made:1/json")["Config"]["Labels"],
                             {"made": "here"})
            self.assertIn("built-hello", run("up"))
            run("down", "--rmi", "all")
            self.assertIsNone(ENGINE.get("/images/made:1/json"))

        self.same(life)


class Refused(Compose):
    def refuses(self, setting, *reasons):
        self.write(f"services:\n  bad: {{ image: '{IMAGE}', network_mode: none, {setting} }}\n")
        done = self.compose(GATE.socket, "up", "-d")
        self.assertEqual(done.returncode, 1)
        for reason in reasons:
            self.assertIn(reason, done.stderr.decode())
        self.assertEqual(containers(), set())

    def test_privileged(self):
        self.refuses("privileged: true", "ContainerCreate is refused by policy `baseline`",
                     "(container.privileged at /HostConfig/Privileged)",
                     "name the capabilities it needs")

    def test_the_whole_host(self):
        self.refuses("volumes: ['/:/host']", "ContainerCreate is refused by policy `baseline`",
                     "/:/host:rw (container.bind_mounts.runtime_socket at /HostConfig/Binds/0)")

    def test_every_reason_at_once(self):
        self.refuses("privileged: true, pid: host, cap_add: [SYS_ADMIN]", "(container.privileged",
                     "(container.pid", "(container.cap_add")

    def test_a_volume_that_binds_the_host(self):
        self.write(f"services:\n  bad: {{ image: '{IMAGE}', volumes: ['v:/v'] }}\nvolumes:\n  v: "
                   "{ driver_opts: { type: none, o: bind, device: / } }\n")
        done = self.compose(GATE.socket, "up", "-d")
        self.addCleanup(sweep)
        self.assertEqual(done.returncode, 1)
        self.assertIn("volume.driver_opts", done.stderr.decode())
        self.assertEqual(names_of("Volumes", "/volumes"), set())


if __name__ == "__main__":
    unittest.main()
