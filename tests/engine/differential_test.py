"""Mutated requests through the gate, and what the Engine then has.

Each request goes through baseline to a real Engine. For every one that passed, what the Engine
says of the thing that was made is judged again, by dockgate's own policy and by an oracle that
shares no code with it (escapes.py): both must find nothing. That two parsers read one request
differently shows here, whatever the difference is.

  DOCKGATE_DIFFERENTIAL   how many requests: 5000
  DOCKGATE_SEED           which ones: random, and printed; with it a run is the same again
"""

import collections
import http.client
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.engine.escapes import Escapes  # noqa: E402
from tests.support.gate import IMAGE, UnixHTTPConnection, engine_and_gate, request  # noqa: E402

COUNT = int(os.environ.get("DOCKGATE_DIFFERENTIAL", "5000"))
SEED = int(os.environ.get("DOCKGATE_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
TOOLS = os.environ.get("DOCKGATE_TEST_TOOLS", "build/release/tests")
THREADS = 6
# A request that passed takes the gate, the Engine and both judges; fewer make a hollow test.
LEAST_PASSED = 0.03

HELPERS = {
    "plain": {"Volumes": {"/kept": {}}, "HostConfig": {"IpcMode": "shareable"}},
    "bound": {"HostConfig": {"Binds": ["/etc:/e:ro"]}},
    "hosted": {"HostConfig": {"NetworkMode": "host"}},
    "privileged": {"HostConfig": {"Privileged": True, "IpcMode": "shareable"}},
}
VOLUMES = {
    "plain-volume": None,
    "door": {"type": "none", "o": "bind", "device": "/etc"},
}


def make(socket, target, body):
    status, answer = request(socket, "POST", target, json.dumps(body))
    assert status == 201, answer
    return json.loads(answer)


def make_helpers(socket):
    """What mutated requests refer to; see request_templates.h."""
    for name, options in HELPERS.items():
        host = {"NetworkMode": "none", **options["HostConfig"]}
        body = {"Image": IMAGE, "Cmd": ["sleep", "100000"], **options, "HostConfig": host}
        make(socket, f"/containers/create?name={name}", body)
        request(socket, "POST", f"/containers/{name}/start")
    for name, options in VOLUMES.items():
        make(socket, "/volumes/create", {"Name": name, "DriverOpts": options})
    make(socket, "/networks/create", {"Name": "lan", "Internal": True})


def mutated(seed, count):
    """(number, method, target, body) of each request."""
    command = [f"{TOOLS}/mutate", str(seed), str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as maker:
        for number, line in enumerate(maker.stdout):
            made = json.loads(line)
            yield number, made["method"], made["target"], made["body"].encode("latin-1")
    assert maker.returncode == 0


class Connection:
    """Kept alive as long as the other side lets it."""

    def __init__(self, path):
        self.http = UnixHTTPConnection(path, timeout=120)

    def send(self, method, target, body=None):
        build = target.partition("?")[0].endswith("build")
        fields = {"Content-Type": "application/x-tar" if build else "application/json"}
        for last_try in (False, True):
            try:
                self.http.request(method, target, body, fields if body is not None else {})
                answer = self.http.getresponse()
                return answer.status, answer.read()
            except (http.client.HTTPException, OSError):
                self.http.close()
                if last_try:
                    raise
        raise AssertionError("unreachable")

    def get(self, path):
        status, body = self.send("GET", path)
        return json.loads(body) if status == 200 else None


class Judge:
    """dockgate's policy over what exists, answered from the Engine."""

    def __init__(self, get):
        self.get = get
        self.process = subprocess.Popen(
            [f"{TOOLS}/judge_inspected", "baseline"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)

    def reasons(self, kind, name):
        """Why it may not be used; empty where it may."""
        answers = {}
        while True:
            line = json.dumps({"kind": kind, "name": name, "answers": answers})
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
            told = json.loads(self.process.stdout.readline())
            if "needs" not in told:
                return [] if told["allowed"] else told["reasons"]
            for path in told["needs"]:
                answers[path] = self.get(path)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


KINDS = {  # the path's end: what it makes, where the Engine names it, how that is inspected
    "/containers/create": ("container", "Id", "/containers/{}"),
    "/exec": ("exec", "Id", "/exec/{}"),
    "/volumes/create": ("volume", "Name", "/volumes/{}"),
    "/networks/create": ("network", "Id", "/networks/{}"),
}


class Looker:
    """One thread's connections: sends requests, and looks at what came of them."""

    def __init__(self, socket, engine_socket):
        self.through = Connection(socket)
        self.engine = Connection(engine_socket)
        self.judge = Judge(self.engine.get)
        self.oracle = Escapes(self.engine.get, self.engine.get("/containers/plain/json"))
        self.counts = collections.Counter()
        self.escapes = []
        self.tells = False  # whether each escape is printed at once

    def close(self):
        self.judge.close()
        self.through.http.close()
        self.engine.http.close()

    def look(self, number, method, target, body):
        status, answer = self.through.send(method, target, body)
        self.counts["sent"] += 1
        if status >= 300:
            # What the Engine does not have, dockgate tells in the Engine's own words.
            by_gate = b'"dockgate: ' in answer
            self.counts["refused by dockgate" if by_gate else "refused by the Engine or gone"] += 1
            return
        self.counts["passed"] += 1
        found = self.what_is_wrong(target, answer)
        if found:
            self.escapes.append((number, method, target, body, found))
            if self.tells:
                print(shown(self.escapes[-1:]), flush=True)

    def what_is_wrong(self, target, answer):
        path = urllib.parse.unquote(target.partition("?")[0])
        if path.endswith("/build"):
            self.counts["passed: build"] += 1
            return of_build(answer.decode())
        for end, (kind, key, inspect) in KINDS.items():
            if path.endswith(end):
                self.counts[f"passed: {kind}"] += 1
                return self.of_made(kind, json.loads(answer)[key], inspect)
        return [f"oracle: no such request may pass: {answer[:200]}"]

    def of_made(self, kind, name, inspect):
        if kind == "volume" and name in VOLUMES:
            return []  # it was there before: nothing was made, and its use is judged
        path = inspect.format(name)
        suffix = "/json" if kind in ("container", "exec") else ""
        what = self.engine.get(path + suffix)
        found = [f"oracle: {w}" for w in getattr(self.oracle, f"of_{kind}")(what)]
        found += [f"policy: {w}" for w in self.judge.reasons(kind, name)]
        if kind != "exec":
            self.engine.send("DELETE", path + ("?force=1&v=1" if kind == "container" else ""))
        return found


def of_build(output):
    """The step of the build told which namespace and control group it was run in."""
    told = re.search(r"net=(net:\[\d+\]) cgroup=([^\\\s]*)", output)
    if told is None:
        return [] if '"error"' in output else [f"oracle: a build that tells nothing: {output}"]
    found = []
    if told[1] == os.readlink("/proc/self/ns/net"):
        found.append("oracle: built on the host's network")
    if "system.slice" in told[2]:
        found.append(f"oracle: built in {told[2]}")
    return found


class Run:
    """A stream of requests, shared by threads. `tells` prints escapes as they come, and how far."""

    def __init__(self, socket, engine_socket, requests, tells=False):
        self.requests = requests
        self.tells = tells
        self.lock = threading.Lock()
        self.lookers = [Looker(socket, engine_socket) for _ in range(THREADS)]
        self.failures = []
        for looker in self.lookers:
            looker.tells = tells

    def next_request(self):
        with self.lock:
            one = next(self.requests, None)
        if self.tells and one is not None and one[0] % 1000 == 0:
            print(f"request {one[0]}", flush=True)
        return one

    def work(self, looker):
        try:
            while (one := self.next_request()) is not None and not self.failures:
                looker.look(*one)
        except Exception as failure:  # told by `finish`, in the test's own thread
            self.failures.append(failure)

    def finish(self):
        threads = [threading.Thread(target=self.work, args=(w,)) for w in self.lookers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for looker in self.lookers:
            looker.close()
        if self.failures:
            raise self.failures[0]
        counts = sum((looker.counts for looker in self.lookers), collections.Counter())
        return counts, sorted(e for looker in self.lookers for e in looker.escapes)


def shown(escapes):
    return "\n".join(
        f"request {number} of seed {SEED}: {method} {target}\n  {body.strip(bytes(1))!r}\n  {found}"
        for number, method, target, body, found in escapes)


class Differential(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine, cls.gate = engine_and_gate(cls.addClassCleanup)
        make_helpers(cls.engine.socket)

    def test_nothing_escapes(self):
        begun = time.monotonic()
        run = Run(self.gate.socket, self.engine.socket, mutated(SEED, COUNT), tells=True)
        counts, escapes = run.finish()
        rate = counts["sent"] / (time.monotonic() - begun)
        print(f"\nseed {SEED}: {dict(sorted(counts.items()))}, {rate:.0f} requests a second")
        if escapes:
            self.fail(shown(escapes))
        self.assertEqual(self.left_behind(), [])
        self.assertEqual(counts["sent"], COUNT)
        self.assertGreater(counts["passed"], COUNT * LEAST_PASSED)

    def left_behind(self):
        """What is wrong with what no answer named: made although the answer was an error."""
        looker = Looker(self.gate.socket, self.engine.socket)
        self.addCleanup(looker.close)
        helpers = {self.engine.get(f"/containers/{c}/json")["Id"] for c in HELPERS}
        found = []
        for container in self.engine.containers() - helpers:
            what = self.engine.get(f"/containers/{container}/json")
            found += [(what["Name"], w) for w in looker.oracle.of_container(what)]
        for volume in self.engine.volumes() - set(VOLUMES):
            what = self.engine.get(f"/volumes/{volume}")
            found += [(volume, w) for w in looker.oracle.of_volume(what)]
        for network in self.engine.get("/networks"):
            if network["Name"] not in ("host", "none", "bridge"):
                found += [(network["Name"], w) for w in looker.oracle.of_network(network)]
        return found

    def test_without_the_gate_they_do(self):
        """The requests are dangerous, and both judges see it."""
        made = (one for one in mutated(SEED, 1500) if is_quick_to_make(*one))
        counts, escapes = Run(self.engine.socket, self.engine.socket, made).finish()
        print(f"\nwithout the gate: {dict(sorted(counts.items()))}, {len(escapes)} escape")
        for judge in ("oracle", "policy"):
            seen = [e for e in escapes if any(f.startswith(judge) for f in e[4])]
            self.assertGreater(len(seen), counts["sent"] / 20, judge)

    def test_both_judges_know_what_is_dangerous(self):
        looker = Looker(self.gate.socket, self.engine.socket)
        self.addCleanup(looker.close)
        for kind, name, dangerous in (
                ("container", "plain", False), ("container", "bound", True),
                ("container", "hosted", True), ("container", "privileged", True),
                ("volume", "plain-volume", False), ("volume", "door", True),
                ("network", "lan", False)):
            with self.subTest(name):
                path = f"/{kind}s/{name}" + ("/json" if kind == "container" else "")
                found = getattr(looker.oracle, f"of_{kind}")(self.engine.get(path))
                self.assertEqual(bool(found), dangerous, found)
                reasons = looker.judge.reasons(kind, name)
                self.assertEqual(bool(reasons), dangerous, reasons)


def is_quick_to_make(_number, _method, target, body):
    """Containers and volumes; an unknown driver would hold each for 15 seconds."""
    path = target.partition("?")[0]
    return path.endswith(("/containers/create", "/volumes/create")) and b"river" not in body


if __name__ == "__main__":
    print(f"seed {SEED} (DOCKGATE_SEED), {COUNT} requests (DOCKGATE_DIFFERENTIAL)", flush=True)
    unittest.main()
