"""What the benchmark drives: the Engine, the floor, the peers, and dockgate in several settings.

Everything lives in one temporary folder. What a server costs is the kernel's account of its
processes.
"""

import grp
import http.client
import os
import pathlib
import pwd
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
CIPHER = "TLS_AES_128_GCM_SHA256"
WANTED_DESCRIPTORS = 65536


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Machine:
    """Where what runs: the servers on one processor, the load and the Engine on another."""

    def __init__(self, build):
        self.programs = pathlib.Path(build)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-bench-"))
        processors = sorted(os.sched_getaffinity(0))
        two = len(processors) > 1
        self.server_core = str(processors[0]) if two else None
        self.load_core = str(processors[1]) if two else None
        self.certificates = self.folder / "ca"
        self._make_certificates()

    def program(self, name):
        return str(self.programs / ("dockgate" if name == "dockgate" else f"tests/bench/{name}"))

    def _make_certificates(self):
        for command in (["init"], ["server", "--name", "localhost", "--ip", "127.0.0.1"],
                        ["client", "runner"]):
            subprocess.run([self.program("dockgate"), "certs", command[0], self.certificates,
                            *command[1:]], check=True, capture_output=True)
        server = self.certificates / "servers/localhost"
        both = (server / "cert.pem").read_text() + (server / "key.pem").read_text()
        (server / "both.pem").write_text(both)  # as HAProxy wants it

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def descriptors():
    """How many a server may have."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = max(hard, WANTED_DESCRIPTORS)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
    except (ValueError, PermissionError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def pinned(command, core):
    return ["taskset", "-c", core, *command] if core else command


class Server:
    """A program that listens at `unix`, and with TLS at `port` where it has one."""

    def __init__(self, machine, name, core):
        self.machine = machine
        self.name = name
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=machine.folder))
        self.unix = self.folder / "docker.sock"
        self.port = free_port()
        self.core = core
        self.started = time.monotonic()
        self.process = None

    def start(self, command):
        with open(self.folder / "log", "wb") as log:
            self.started = time.monotonic()
            self.process = subprocess.Popen(
                pinned([str(word) for word in command], self.core), stdout=log, stderr=log)
        try:
            self.seconds_to_answer = self._wait_for_an_answer()
        except Exception:
            print((self.folder / "log").read_text(errors="replace")[-2000:])
            self.stop()
            raise
        return self

    def _wait_for_an_answer(self):
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > self.started + 60:
                raise RuntimeError(f"{self.name} does not answer")
            time.sleep(0.0002)
        return time.monotonic() - self.started

    def _answers(self):
        connection = http.client.HTTPConnection("docker", timeout=5)
        try:
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(str(self.unix))
            connection.request("GET", "/_ping")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def pids(self):
        found, left = [], [self.process.pid]
        while left:
            pid = left.pop()
            found.append(pid)
            for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
                left += [int(child) for child in children.read_text().split()]
        return found

    def cpu(self):
        """Seconds that its threads have run."""
        return sum(int(account.read_text().split()[0])
                   for pid in self.pids()
                   for account in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9

    def pss(self):
        """KiB, shared pages by their share."""
        return sum(int(line.split()[1])
                   for pid in self.pids()
                   for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n")
                   if line.startswith("Pss:"))

    def grown(self, work):
        """What `work` gives, and the KiB that the server's processes took more, at most."""
        def status(pid, key):
            text = pathlib.Path(f"/proc/{pid}/status").read_text()
            return int(re.search(rf"^{key}:\s+([0-9]+) kB", text, re.MULTILINE)[1])
        pids = self.pids()
        for pid in pids:
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak begins anew
        before = sum(status(pid, "VmRSS") for pid in pids)
        return work(), sum(status(pid, "VmHWM") for pid in pids) - before

    def addresses(self, tls):
        return f"tls:{self.port}" if tls else f"unix:{self.unix}"

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_engine(machine, streamed_mib):
    engine = Server(machine, "engine", machine.load_core)
    return engine.start([machine.program("bench_engine"), engine.unix, streamed_mib])


def start_relay(machine, engine):
    relay = Server(machine, "relay", machine.server_core)
    return relay.start([machine.program("bench_relay"), relay.unix, engine.unix])


def _configured(server, engine, template):
    text = (HERE / "peers" / template).read_text()
    words = {"unix": server.unix, "port": server.port, "engine": engine.unix, "cipher": CIPHER,
             "folder": server.folder,
             "user": f"{pwd.getpwuid(os.getuid()).pw_name} {grp.getgrgid(os.getgid()).gr_name}",
             "descriptors": descriptors(), "connections": (descriptors() - 100) // 2,
             "certificates": server.machine.certificates / "servers/localhost"}
    for word, value in words.items():
        text = text.replace(f"@{word}@", str(value))
    path = server.folder / template
    path.write_text(text)
    return path


def start_haproxy(machine, engine, name="haproxy"):
    server = Server(machine, name, machine.server_core)
    return server.start(["haproxy", "-db", "-f", _configured(server, engine, f"{name}.cfg")])


def start_haproxy_close(machine, engine):
    return start_haproxy(machine, engine, "haproxy_close")


def start_nginx(machine, engine):
    server = Server(machine, "nginx", machine.server_core)
    return server.start(["nginx", "-p", server.folder, "-c",
                         _configured(server, engine, "nginx.conf")])


DOCKGATE = """
engine: unix://{engine}
listen:
  - address: unix://{unix}
  - address: tcp://127.0.0.1:{port}
    tls: {{ certificate: {ca}/servers/localhost/cert.pem, key: {ca}/servers/localhost/key.pem,
           client_ca: {ca}/ca.pem, crl: {ca}/crl.pem }}
audit: {{ file: {folder}/audit.jsonl, rotate: {{ size: 256m, keep: 1 }} }}
limits: {{ connections_per_listener: 30000, connections_per_client: 30000 }}
clients:
{others}  - {{ name: everybody, policy: {policy} }}
"""

OTHER = "  - {{ name: client-{i}, unix: {{ uid: {uid} }}, policy: baseline }}\n"

RULES = """policies:
  rules:
    extends: baseline
    container: {{ allow: {{ bind_mounts: [{mounts}] }} }}
    image: {{ allow: {{ pull: [{images}, "docker.io/**"] }} }}
"""


def start_dockgate(machine, engine, name="dockgate", threads=1, rules=0, core=None):
    """With `rules`, that many clients stand before the one that matches, and that many rules in two
    lists of its policy."""
    server = Server(machine, name, core)
    numbers = range(rules - 1, -1, -1)
    config = DOCKGATE.format(
        engine=engine.unix, unix=server.unix, port=server.port, ca=machine.certificates,
        folder=server.folder, policy="rules" if rules else "baseline",
        others="".join(OTHER.format(i=i, uid=100000 + i) for i in numbers))
    if rules:
        config += RULES.format(
            mounts=", ".join(f"{{ source: /srv/data/{i}, access: ro }}" for i in numbers),
            images=", ".join(f'"registry.example.com/team-{i}/*"' for i in numbers))
    path = server.folder / "dockgate.yaml"
    path.write_text(config)
    return server.start([machine.program("dockgate"), "serve", "--config", path, "--threads",
                         threads, "--log-level", "warn"])
