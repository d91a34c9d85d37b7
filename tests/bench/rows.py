"""What is measured: a table of rows, and how a row is driven once on one server."""

import dataclasses
import json
import pathlib
import re
import subprocess
import time

from servers import CIPHER, HERE, pinned

LIST = "/v1.43/containers/json"
CREATE = "/v1.43/containers/create?name=web"
MATCHED = ("relay", "haproxy", "haproxy_close", "nginx", "dockgate")
WITH_TLS = ("haproxy", "nginx", "dockgate")
POLICIES = ("dockgate_10", "dockgate_1000", "dockgate_10000")


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    title: str
    mode: str = "h2load"  # or a mode of bench_load
    target: str = "/v1.43/_ping"
    connections: int = 1
    body: str = ""  # one of write_bodies
    refused: bool = False  # by dockgate; the others know no better
    tls: bool = False
    new: bool = False  # a connection for each request
    servers: tuple = MATCHED
    quick: bool = False
    free: bool = False  # not pinned to processors

    @property
    def streams(self):
        return self.mode in ("receive", "send", "echo-stream")


def _reads():
    kinds = (("ping", "GET /_ping", "/v1.43/_ping"),
             ("list", "GET containers/json, 2 KB", LIST),
             ("long-list", "GET containers/json, 200 KB", LIST + "?all=1"))
    quick = {("ping", 8), ("ping", 64), ("list", 1), ("list", 8), ("list", 64), ("long-list", 8)}
    for name, title, target in kinds:
        for connections in (1, 8, 64, 512):
            yield Row(f"{name}-{connections}", f"{title}, {connections} connections".replace(
                " 1 connections", " 1 connection"), target=target, connections=connections,
                quick=(name, connections) in quick)


ROWS = (
    *_reads(),
    Row("new-8", "a new connection for each GET /_ping, 8 at a time", mode="requests",
        connections=8, new=True, quick=True),
    Row("create-8", "ContainerCreate, 8 connections", target=CREATE, connections=8, body="create",
        quick=True),
    Row("create-compose-8", "ContainerCreate on a network of Compose's, 8 connections",
        target=CREATE, connections=8, body="compose"),
    Row("create-1", "ContainerCreate, 1 connection", target=CREATE, body="create"),
    Row("refused-8", "ContainerCreate that asks for `privileged`, 8 connections", target=CREATE,
        connections=8, body="privileged", refused=True, quick=True),
    Row("save", "a stream from the Engine (docker save)", mode="receive", quick=True),
    Row("load", "a stream to the Engine (docker load)", mode="send", quick=True),
    Row("tunnel", "a tunnel (docker attach) that echoes a stream", mode="echo-stream", quick=True),
    Row("tunnel-latency", "a tunnel that echoes 64 bytes at a time", mode="echo", quick=True),
    Row("workers-64", "GET containers/json, 2 KB, 64 connections, one worker and two",
        target=LIST, connections=64, servers=("dockgate_one", "dockgate_two"), free=True,
        quick=True),
    Row("tls-list-8", "TLS: GET containers/json, 2 KB, 8 connections", mode="requests", target=LIST,
        connections=8, tls=True, servers=WITH_TLS),
    Row("tls-list-64", "TLS: GET containers/json, 2 KB, 64 connections", mode="requests",
        target=LIST, connections=64, tls=True, servers=WITH_TLS, quick=True),
    Row("tls-long-list-8", "TLS: GET containers/json, 200 KB, 8 connections", mode="requests",
        target=LIST + "?all=1", connections=8, tls=True, servers=WITH_TLS),
    Row("tls-new-8", "TLS: a handshake, both with certificates, for each GET /_ping, 8 at a time",
        mode="requests", connections=8, tls=True, new=True, servers=WITH_TLS, quick=True),
    Row("tls-create-8", "TLS: ContainerCreate, 8 connections", mode="requests", target=CREATE,
        connections=8, body="create", tls=True, servers=WITH_TLS),
    Row("tls-save", "TLS: a stream from the Engine", mode="receive", tls=True, servers=WITH_TLS,
        quick=True),
    Row("tls-load", "TLS: a stream to the Engine", mode="send", tls=True, servers=WITH_TLS,
        quick=True),
    Row("tls-tunnel", "TLS: a tunnel that echoes a stream", mode="echo-stream", tls=True,
        servers=WITH_TLS),
    Row("tls-tunnel-latency", "TLS: a tunnel that echoes 64 bytes at a time", mode="echo", tls=True,
        servers=WITH_TLS),
    Row("rules-list-8", "GET containers/json, 2 KB, by 10, 1,000 and 10,000 clients and rules",
        target=LIST, connections=8, servers=POLICIES, quick=True),
    Row("rules-create-8", "ContainerCreate, by 10, 1,000 and 10,000 clients and rules",
        target=CREATE, connections=8, body="bound", servers=POLICIES, quick=True),
    Row("rules-new-8", "a new connection for each GET /_ping, by 10, 1,000 and 10,000 clients",
        mode="requests", connections=8, new=True, servers=POLICIES),
)


def write_bodies(folder):
    """The bodies that rows send: a typical create as the docker CLI writes it, one that no policy
    worth having lets through, one that mounts what the last of many rules lists, and one for
    which dockgate has to look a network up."""
    create = json.loads((HERE / "create.json").read_text())
    privileged = json.loads(json.dumps(create))
    privileged["HostConfig"]["Privileged"] = True
    bound = json.loads(json.dumps(create))
    bound["HostConfig"]["Binds"] = ["/srv/data/0:/data:ro"]
    compose = json.loads(json.dumps(create))
    compose["HostConfig"]["NetworkMode"] = "shop_default"
    bodies = {"create": create, "privileged": privileged, "bound": bound, "compose": compose}
    for name, body in bodies.items():
        (pathlib.Path(folder) / f"{name}.json").write_text(json.dumps(body, separators=(",", ":")))


class Driver:
    def __init__(self, machine, seconds, stream_mib):
        self.machine = machine
        self.seconds = seconds
        self.stream_mib = stream_mib
        self.requests = {}  # how many make `seconds`, by row and server
        write_bodies(machine.folder)

    def measure(self, row, server):
        """One turn of one row on one server -> what it took."""
        key = (row.name, server.name)
        if not row.streams and key not in self.requests:
            first = self._drive(row, server, max(100, row.connections * 4))
            wanted = int(first["requests"] / first["seconds"] * self.seconds)
            # Kept connections over TLS make enough of them for their handshakes not to count.
            least = 50 if row.tls and not row.new else 4
            self.requests[key] = max(wanted, row.connections * least)

        def drive():
            return self._drive(row, server, self.requests.get(key, 1))
        before = server.cpu()
        sample, grown = server.grown(drive) if row.streams else (drive(), None)
        time.sleep(0.02)  # what is written behind the answers
        cpu = server.cpu() - before
        if sample["bad"]:
            raise RuntimeError(f"{server.name} gave {sample['bad']} wrong answers in {row.name}")
        if row.streams:
            gib = self.stream_mib / 1024
            return {"cpu": cpu / gib * 1e3, "rate": self.stream_mib / sample["seconds"],
                    "grown_kib": grown}
        return {"cpu": cpu / sample["requests"] * 1e6,
                "rate": sample["requests"] / sample["seconds"],
                "p50": sample["p50"], "p99": sample["p99"]}

    def _drive(self, row, server, requests):
        if row.mode == "h2load":
            return self._h2load(row, server, requests)
        return self._bench_load(row, server, requests)

    def _run(self, row, command):
        core = None if row.free else self.machine.load_core
        return subprocess.run(pinned([str(word) for word in command], core), check=True,
                              capture_output=True, text=True).stdout

    def _bench_load(self, row, server, requests):
        command = [self.machine.program("bench_load"), row.mode, server.addresses(row.tls),
                   f"certificates={self.machine.certificates}/clients/runner", f"cipher={CIPHER}",
                   f"requests={requests}", f"connections={row.connections}",
                   f"mib={self.stream_mib}"]
        if row.mode == "requests":
            command.append(f"target={row.target}")
        if row.new:
            command.append("each=new")
        if row.body:
            command += ["method=POST", "status=201", f"body={self.machine.folder}/{row.body}.json"]
        return json.loads(self._run(row, command))

    def _h2load(self, row, server, requests):
        log = self.machine.folder / "h2load.log"
        log.unlink(missing_ok=True)
        command = ["h2load", "--h1", "-t", 1, "-n", requests, "-c", row.connections, "-B",
                   f"unix:{server.unix}", f"--log-file={log}"]
        if row.body:
            command += ["-d", f"{self.machine.folder}/{row.body}.json", "-H",
                        "content-type: application/json"]
        said = self._run(row, [*command, f"http://docker{row.target}"])
        refused = row.refused and server.name.startswith("dockgate")
        good = int(re.search(r"(\d+) 4xx" if refused else r"(\d+) 2xx", said)[1])
        times = sorted(int(line.split("\t")[2]) for line in log.read_text().splitlines())
        return {"requests": good, "bad": requests - good, "seconds": _seconds(said),
                "p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100]}


def _seconds(said):
    """What h2load says it took, such as `finished in 291.65ms`."""
    number, unit = re.search(r"finished in ([0-9.]+)(us|ms|s)", said).groups()
    return float(number) * {"us": 1e-6, "ms": 1e-3, "s": 1}[unit]
