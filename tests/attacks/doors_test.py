"""The doors that take more than one request: through objects made earlier, names, links, races.

Each test first goes through the door on the bare Engine, which shows what the Engine really did,
and then finds it closed through the gate. Where Engine 20.10 has no such door, the test says so.
"""

import collections
import gzip
import http.server
import io
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import IMAGE, Gate, engine_and_gate, request  # noqa: E402

CREATE = "/v1.41/containers/create"
MARK = "this is the host"

# A policy that lets containers write below one folder of the host, whose links are followed.
WRITES = """
engine: unix://{engine}
host_root: /
listen: [{{ address: "unix://{socket}" }}]
audit: {{ file: {audit} }}
clients: [{{ name: jobs, policy: jobs }}]
policies:
  jobs:
    extends: baseline
    container:
      allow:
        bind_mounts: [{{ source: FOLDER/**, access: rw }}]
"""


# Baseline with one part of it replaced.
PART = """
engine: unix://{engine}
listen: [{{ address: "unix://{socket}" }}]
audit: {{ file: {audit} }}
clients: [{{ name: jobs, policy: jobs }}]
policies:
  jobs:
    extends: baseline
    PART
"""


def setUpModule():
    global ENGINE, GATE
    ENGINE, GATE = engine_and_gate(unittest.addModuleCleanup)


def send(where, method, target, body=None, headers=None):
    """-> (status, text); a body that is no bytes is sent as JSON."""
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body)
    status, answer = request(where.socket, method, target, body, headers)
    return status, answer.decode(errors="replace")


def make(where, name, host_config=None, **config):
    """A container that sleeps -> its id."""
    body = {"Image": IMAGE, "Cmd": ["sleep", "1000"], **config,
            "HostConfig": {"NetworkMode": "none", **(host_config or {})}}
    status, answer = send(where, "POST", f"{CREATE}?name={name}", body)
    assert status == 201, answer
    return json.loads(answer)["Id"]


def remove(*names):
    for name in names:
        request(ENGINE.socket, "DELETE", f"/containers/{name}?force=1&v=1")


def tar_of(name, content):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return data.getvalue()


class Doors(unittest.TestCase):
    def gate_of(self, part):
        """A gate whose policy is baseline and `part`: keys of a policy, each with its value."""
        part = part.replace("{", "{{").replace("}", "}}")
        gate = Gate(ENGINE.socket, config=PART.replace("PART", part))
        self.addCleanup(gate.stop)
        return gate

    def gate_named(self, policy):
        gate = Gate(ENGINE.socket, policy=policy)
        self.addCleanup(gate.stop)
        return gate

    def refused(self, answer, rule):
        self.assertGreaterEqual(answer[0], 400, answer)
        self.assertIn(rule, answer[1])

    def done(self, answer):
        self.assertLess(answer[0], 300, answer)
        return answer[1]


class HostFolder(Doors):
    """A folder of the host with something in it that no container should read or write."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-host-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "mark").write_text(MARK)

    def read_in(self, container, path):
        """What a container that never ran has at a path, by the Engine's own archive."""
        status, answer = request(ENGINE.socket, "GET", f"/containers/{container}/archive?path={path}")
        if status != 200:
            return None
        with tarfile.open(fileobj=io.BytesIO(answer)) as archive:
            return archive.extractfile(archive.getmembers()[0]).read().decode()


class Archives(HostFolder):
    def setUp(self):
        super().setUp()
        self.addCleanup(remove, "bound")
        make(ENGINE, "bound", {"Binds": [f"{self.folder}:/h"]})

    def test_reading_through_a_bind_of_a_container_that_never_ran(self):
        self.assertEqual(self.read_in("bound", "/h/mark"), MARK)
        for method in ("GET", "HEAD"):
            status, answer = send(GATE, method, "/containers/bound/archive?path=/h/mark")
            self.assertEqual(status, 403, answer)

    def test_writing_through_a_bind_of_a_container_that_never_ran(self):
        archive = tar_of("planted", b"x")
        put = ("PUT", "/containers/bound/archive?path=/h", archive,
               {"Content-Type": "application/x-tar"})
        self.done(send(ENGINE, *put))
        self.assertTrue((self.folder / "planted").exists())
        (self.folder / "planted").unlink()
        self.refused(send(GATE, *put), "reference.container")
        self.assertFalse((self.folder / "planted").exists())

    def test_copying_it_away_by_export_and_commit(self):
        self.refused(send(GATE, "GET", "/containers/bound/export"), "reference.container")
        self.refused(send(GATE, "POST", "/commit?container=bound&repo=stolen"),
                     "reference.container")
        self.assertIsNone(ENGINE.get("/images/stolen/json"))

    def test_a_compressed_archive_is_unpacked_by_a_program(self):
        self.addCleanup(remove, "target")
        make(ENGINE, "target")
        put = ("PUT", "/containers/target/archive?path=/tmp", gzip.compress(tar_of("f", b"x")),
               {"Content-Type": "application/x-tar"})
        self.done(send(ENGINE, *put))
        self.refused(send(GATE, *put), "container.compressed_archive")
        self.done(send(GATE, "PUT", "/containers/target/archive?path=/tmp", tar_of("f", b"x"),
                       {"Content-Type": "application/x-tar"}))


class Links(HostFolder):
    """Symbolic links under a folder that containers may write."""

    def setUp(self):
        super().setUp()
        self.allowed = self.folder / "ci"
        self.allowed.mkdir()
        self.gate = Gate(ENGINE.socket, config=WRITES.replace("FOLDER", str(self.allowed)))
        self.addCleanup(self.gate.stop)
        self.addCleanup(remove, "linked", "later")

    def create(self, where, name, source):
        return send(where, "POST", f"{CREATE}?name={name}", {
            "Image": IMAGE, "Cmd": ["sleep", "1000"],
            "HostConfig": {"NetworkMode": "none", "Binds": [f"{source}:/h"]}})

    def test_a_planted_link_is_followed_by_the_engine_and_not_by_the_gate(self):
        (self.allowed / "link").symlink_to(self.folder)
        self.done(self.create(ENGINE, "linked", self.allowed / "link"))
        self.assertEqual(self.read_in("linked", "/h/mark"), MARK)
        inspected = ENGINE.get("/containers/linked/json")
        self.assertEqual(inspected["HostConfig"]["Binds"], [f"{self.allowed}/link:/h"])
        remove("linked")
        self.refused(self.create(self.gate, "linked", self.allowed / "link"),
                     "container.bind_mounts")
        self.assertIsNone(ENGINE.get("/containers/linked/json"))

    def test_a_link_that_is_planted_between_create_and_start(self):
        (self.allowed / "job").mkdir()
        self.done(self.create(self.gate, "later", self.allowed / "job"))
        (self.allowed / "job").rmdir()
        (self.allowed / "job").symlink_to(self.folder)
        self.refused(send(self.gate, "POST", "/containers/later/start"), "reference.container")
        self.assertFalse(ENGINE.get("/containers/later/json")["State"]["Running"])
        self.done(send(ENGINE, "POST", "/containers/later/start"))
        self.assertEqual(self.read_in("later", "/h/mark"), MARK)

    def test_a_link_that_stays_below_goes_on_by_where_it_leads(self):
        (self.allowed / "real").mkdir()
        (self.allowed / "link").symlink_to("real")
        self.done(self.create(self.gate, "linked", self.allowed / "link"))
        self.assertEqual(ENGINE.get("/containers/linked/json")["HostConfig"]["Binds"],
                         [f"{self.allowed}/real:/h"])

    def test_a_link_at_the_top_of_the_body_goes_on_by_where_it_leads(self):
        (self.allowed / "real").mkdir()
        (self.allowed / "link").symlink_to("real")
        self.done(send(self.gate, "POST", f"{CREATE}?name=linked", {
            "Image": IMAGE, "Cmd": ["sleep", "1000"], "Binds": [f"{self.allowed}/link:/h"],
            "HostConfig": {"NetworkMode": "none"}}))
        self.assertEqual(ENGINE.get("/containers/linked/json")["HostConfig"]["Binds"],
                         [f"{self.allowed}/real:/h"])

    def test_a_neighbour_and_a_way_back_up(self):
        (self.folder / "ci-evil").mkdir()
        for source in (f"{self.allowed}-evil", f"{self.allowed}/../ci-evil",
                       f"{self.allowed}/x/../../ci-evil", self.allowed):
            self.refused(self.create(self.gate, "linked", source), "container.bind_mounts")


class Names(Doors):
    def setUp(self):
        self.addCleanup(remove, "victim", "attacker", "lk")
        self.victim = make(ENGINE, "victim", {"Privileged": True})

    def test_a_container_named_like_another_ones_short_id(self):
        short = self.victim[:12]
        attacker = make(ENGINE, short)
        self.addCleanup(remove, attacker)
        self.assertEqual(ENGINE.get(f"/containers/{short}/json")["Id"], attacker)
        remove(attacker)
        body = {"Image": IMAGE, "HostConfig": {"NetworkMode": "none"}}
        self.refused(send(GATE, "POST", f"{CREATE}?name={short}", body), "container.name")
        make(GATE, "attacker")
        self.refused(send(GATE, "POST", f"/containers/attacker/rename?name={short}"),
                     "container.name")
        self.assertEqual(ENGINE.get(f"/containers/{short}/json")["Id"], self.victim)

    def test_a_link_path_acts_on_the_linked_container(self):
        remove("victim")
        victim = make(ENGINE, "victim", {"NetworkMode": "bridge"})
        make(ENGINE, "lk", {"NetworkMode": "bridge", "Links": ["victim:db"]})
        self.assertEqual(ENGINE.get("/containers/lk/db/json")["Id"], victim)
        status, _ = send(GATE, "GET", "/containers/lk/db/json")
        self.assertEqual(status, 404)
        self.refused(send(GATE, "POST", "/containers/lk/db/exec", {"Cmd": ["sh"]}),
                     "operation.unknown")

    def test_an_image_tagged_like_another_ones_id(self):
        image = ENGINE.get(f"/images/{IMAGE}/json")["Id"].removeprefix("sha256:")[:12]
        self.refused(send(GATE, "POST", f"/images/{IMAGE}/tag?repo={image}&tag=latest"),
                     "image.name")

    def test_an_image_named_like_another_ones_id_in_other_spellings(self):
        victim = ENGINE.get(f"/images/{IMAGE}/json")["Id"]
        short = victim.removeprefix("sha256:")[:12]
        make(ENGINE, "lk")
        self.done(send(ENGINE, "POST", "/commit?container=lk&repo=evil"))
        self.addCleanup(request, ENGINE.socket, "DELETE", "/images/evil?force=1")
        for name in (f"{short}:latest", f"library/{short}", f"docker.io/library/{short}",
                     f"docker.io/{short}", f"index.docker.io/{short}"):
            self.done(send(ENGINE, "POST", f"/images/evil/tag?repo={name}"))
            self.assertNotEqual(ENGINE.get(f"/images/{short}/json")["Id"], victim)
            self.done(send(ENGINE, "DELETE", f"/images/docker.io/library/{short}:latest"))
            self.refused(send(GATE, "POST", f"/images/evil/tag?repo={name}"), "image.name")
            self.assertEqual(ENGINE.get(f"/images/{short}/json")["Id"], victim)

    def test_a_network_named_like_another_ones_short_id(self):
        self.addCleanup(request, ENGINE.socket, "DELETE", "/networks/theirs")
        self.done(send(ENGINE, "POST", "/networks/create", {"Name": "theirs"}))
        theirs = ENGINE.get("/networks/theirs")["Id"]
        newcomer = {"Name": theirs[:12]}
        made = json.loads(self.done(send(ENGINE, "POST", "/networks/create", newcomer)))["Id"]
        self.assertEqual(ENGINE.get(f"/networks/{theirs[:12]}")["Id"], made)
        self.done(send(ENGINE, "DELETE", f"/networks/{made}"))
        self.refused(send(GATE, "POST", "/networks/create", newcomer), "network.name")
        self.assertEqual(ENGINE.get(f"/networks/{theirs[:12]}")["Id"], theirs)

    def test_what_was_judged_is_what_is_named_to_the_engine(self):
        self.addCleanup(request, ENGINE.socket, "DELETE", "/containers/plain?force=1")
        plain = make(GATE, "plain")
        self.done(send(GATE, "POST", "/containers/plain/start"))
        self.done(send(GATE, "POST", "/containers/plain/exec", {"Cmd": ["true"]}))
        status, answer = send(GATE, "POST", f"{CREATE}?name=attacker", {
            "Image": IMAGE, "HostConfig": {"NetworkMode": "container:plain"}})
        self.assertEqual(status, 201, answer)
        self.assertEqual(ENGINE.get("/containers/attacker/json")["HostConfig"]["NetworkMode"],
                         f"container:{plain}")


class Volumes(Doors):
    """A name that changes hands between a look at it and its use."""

    def test_options_for_a_volume_that_exists_are_ignored_by_the_engine(self):
        self.addCleanup(request, ENGINE.socket, "DELETE", "/volumes/v1?force=1")
        self.done(send(ENGINE, "POST", "/volumes/create", {"Name": "v1", "DriverOpts": {
            "type": "none", "o": "bind", "device": "/etc"}}))
        self.done(send(ENGINE, "POST", "/volumes/create", {"Name": "v1"}))
        self.assertEqual(ENGINE.get("/volumes/v1")["Options"]["device"], "/etc")
        body = {"Image": IMAGE, "HostConfig": {"NetworkMode": "none", "Binds": ["v1:/v"]}}
        self.refused(send(GATE, "POST", CREATE, body), "reference.volume")

    def test_volumes_are_made_and_used_by_turns(self):
        """One client may make volumes that bind the host, another may use none such. It looks at a
        name when nobody has it, and uses it when somebody does."""
        gate = Gate(ENGINE.socket, config="""
engine: unix://{engine}
listen: [{{ address: "unix://{socket}" }}, {{ address: "unix://{socket}.lax" }}]
audit: {{ file: {audit} }}
clients:
  - {{ name: jobs, listener: "unix://{socket}", policy: baseline }}
  - {{ name: lax, listener: "unix://{socket}.lax", policy: lax }}
policies:
  lax:
    extends: baseline
    volume: {{ allow: {{ driver_opts: ["type=none", "o=bind", "device=/etc"] }} }}
    container: {{ allow: {{ bind_mounts: [{{ source: /etc, access: rw }}] }} }}
""")
        self.addCleanup(gate.stop)
        tries, outcomes = self.race(ENGINE.socket, ENGINE.socket, lambda seen: seen["bound"] == 0)
        self.assertGreater(outcomes["bound"], 0, f"of {tries} tries at the bare Engine")
        more = 5 * tries + 100
        tries, outcomes = self.race(f"{gate.socket}.lax", gate.socket,
                                    lambda seen: sum(seen.values()) < more or len(seen) < 2)
        self.assertEqual(outcomes["bound"], 0, f"of {tries} tries")
        self.assertGreater(outcomes["plain"], 0)
        self.assertGreater(outcomes["refused"], 0)

    def race(self, makes, uses, goes_on):
        """(tries, what came of them), while `goes_on` and for some minutes at most."""
        for name in ("race", *(f"quiet-{number}" for number in range(20))):
            self.addCleanup(request, ENGINE.socket, "DELETE", f"/volumes/{name}?force=1")
        outcomes = collections.Counter()
        end = time.monotonic() + 200
        stop = threading.Event()

        def swap():
            while not stop.is_set():
                options = {"type": "none", "o": "bind", "device": "/etc"}
                request(makes, "POST", "/volumes/create",
                        json.dumps({"Name": "race", "DriverOpts": options}), timeout=200)
                request(makes, "DELETE", "/volumes/race?force=1", timeout=200)

        swapper = threading.Thread(target=swap)
        swapper.start()
        try:
            while goes_on(outcomes) and time.monotonic() < end:
                outcomes[self.use(uses)] += 1
        finally:
            stop.set()
            swapper.join()
        return sum(outcomes.values()), outcomes

    def use(self, where):
        """Makes a container of a volume that should bind nothing -> how that went."""
        if where == ENGINE.socket and request(where, "GET", "/volumes/race")[0] != 404:
            return "refused"  # as the gate would have
        others = [f"quiet-{number}:/q{number}" for number in range(20)]  # to be looked at meanwhile
        body = {"Image": IMAGE, "HostConfig": {"NetworkMode": "none", "Binds": ["race:/v", *others]}}
        status, answer = request(where, "POST", CREATE, json.dumps(body), timeout=200)
        if status != 201:
            return "refused"
        # What a container has is not removed.
        options = ENGINE.get("/volumes/race")["Options"] or {}
        remove(json.loads(answer)["Id"])
        request(ENGINE.socket, "DELETE", "/volumes/race?force=1")  # for the next to make it
        return "bound" if "device" in options else "plain"


class Fetches(Doors):
    """What the Engine fetches by itself, it fetches as the host."""

    def setUp(self):
        self.asked = []
        asked = self.asked

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/plain")
                self.end_headers()
                self.wfile.write(b"TOPSECRET=abc\n")

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

    def closed(self, method, target, rule, body=None):
        """The bare Engine calls the address; through the gate nobody does."""
        send(ENGINE, method, target, body)
        self.assertNotEqual(self.asked, [], "the bare Engine did not call")
        self.asked.clear()
        self.refused(send(GATE, method, target, body), rule)
        self.assertEqual(self.asked, [])

    def test_a_build_context_is_read_aloud(self):
        status, answer = send(ENGINE, "POST", f"/build?remote=http://{self.address}/Dockerfile")
        self.assertIn("TOPSECRET", answer)
        self.asked.clear()
        self.refused(send(GATE, "POST", f"/build?remote=http://{self.address}/Dockerfile"),
                     "build.remote")
        self.assertEqual(self.asked, [])

    def test_an_import(self):
        self.closed("POST", f"/images/create?fromSrc=http://{self.address}/x.tar&repo=x",
                    "image.import_url")

    def test_a_login(self):
        self.closed("POST", "/auth", "operation.refused",
                    {"username": "a", "password": "b", "serveraddress": f"http://{self.address}"})

    def test_a_question_to_a_registry(self):
        self.closed("GET", f"/distribution/{self.address}/x/json", "operation.refused")

    def test_a_search(self):
        self.closed("GET", f"/images/search?term={self.address}/x", "operation.refused")

    def test_a_login_or_a_search_at_an_address_that_reads_like_a_listed_one(self):
        gate = self.gate_of("operations: { allow: [SystemAuth, ImageSearch] }\n"
                            "    registry: { allow: { host: [docker.io, '*.example.com'] } }")
        for address in (f"{self.address}/://docker.io", f"http://{self.address}/x://docker.io",
                        f"{self.address}#://docker.io/", f"http://{self.address}?x.example.com"):
            body = {"username": "a", "password": "b", "serveraddress": address}
            send(ENGINE, "POST", "/auth", body)
            if "/x://" in address or address.startswith("http"):
                self.assertNotEqual(self.asked, [], address)
            self.asked.clear()
            self.refused(send(gate, "POST", "/auth", body), "registry.host")
        self.refused(send(gate, "GET", f"/images/search?term={self.address}%23.example.com/x"),
                     "registry.host")
        self.assertEqual(self.asked, [])

    def test_a_pull_by_a_digest_beside_a_listed_tag(self):
        gate = self.gate_of(f"image: {{ allow: {{ pull: ['{self.address}/x:stable'] }} }}")
        target = f"/images/create?fromImage={self.address}/x@sha256:{'0' * 64}&tag=stable"
        send(ENGINE, "POST", target)
        self.assertTrue(any(path.endswith("0" * 64) for path in self.asked), self.asked)
        self.asked.clear()
        self.refused(send(gate, "POST", target), "image.reference")
        self.assertEqual(self.asked, [])

    def test_the_privileges_of_a_plugin(self):
        self.closed("GET", f"/plugins/privileges?remote={self.address}/x:1", "operation.refused")

    def test_a_pull_where_the_policy_lists_registries(self):
        config = """
engine: unix://{engine}
listen: [{{ address: "unix://{socket}" }}]
audit: {{ file: {audit} }}
clients: [{{ name: all, policy: hub }}]
policies:
  hub: {{ extends: baseline, image: {{ allow: {{ pull: ["docker.io/library/*"] }} }} }}
"""
        gate = Gate(ENGINE.socket, config=config)
        self.addCleanup(gate.stop)
        target = f"/images/create?fromImage={self.address}/x&tag=1"
        send(ENGINE, "POST", target)
        self.assertNotEqual(self.asked, [])
        self.asked.clear()
        self.refused(send(gate, "POST", target), "image.pull")
        self.assertEqual(self.asked, [])


class HostSockets(Doors):
    def test_a_log_driver_that_writes_to_a_socket_of_the_host(self):
        with tempfile.TemporaryDirectory() as folder:
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            listener.bind(f"{folder}/log")
            listener.settimeout(10)
            self.addCleanup(listener.close)
            self.addCleanup(remove, "logger")
            log = {"Type": "syslog",
                   "Config": {"syslog-address": f"unixgram://{folder}/log"}}
            make(ENGINE, "logger", {"LogConfig": log}, Cmd=["echo", "from a container"])
            self.done(send(ENGINE, "POST", "/containers/logger/start"))
            self.assertIn(b"from a container", listener.recv(4096))
            body = {"Image": IMAGE, "HostConfig": {"NetworkMode": "none", "LogConfig": log}}
            self.refused(send(GATE, "POST", CREATE, body), "container.logging")
            remove("logger")


class Networks(Doors):
    def test_a_card_of_the_host_hidden_in_another_network(self):
        self.addCleanup(request, ENGINE.socket, "DELETE", "/networks/outer")
        self.addCleanup(request, ENGINE.socket, "DELETE", "/networks/holder")
        holder = {"Name": "holder", "ConfigOnly": True, "Options": {"parent": "lo"}}
        status, answer = send(ENGINE, "POST", "/networks/create", holder)
        self.assertEqual(status, 201, answer)
        outer = {"Name": "outer", "Driver": "bridge", "ConfigFrom": {"Network": "holder"}}
        self.refused(send(GATE, "POST", "/networks/create", {**holder, "Name": "holder2"}),
                     "network.config_from")
        self.refused(send(GATE, "POST", "/networks/create", outer), "network.config_from")
        self.assertIsNone(ENGINE.get("/networks/outer"))

    def test_an_existing_bridge_of_the_host(self):
        self.refused(send(GATE, "POST", "/networks/create", {
            "Name": "theirs", "Options": {"com.docker.network.bridge.name": "docker0"}}),
            "network.driver_opts")

    def test_a_network_made_elsewhere_that_the_policy_would_not_let_be_made(self):
        self.addCleanup(request, ENGINE.socket, "DELETE", "/networks/odd")
        self.done(send(ENGINE, "POST", "/networks/create", {
            "Name": "odd", "Options": {"com.docker.network.bridge.name": "dgtest0"}}))
        body = {"Image": IMAGE, "HostConfig": {"NetworkMode": "odd"}}
        self.refused(send(GATE, "POST", CREATE, body), "reference.network")
        self.addCleanup(remove, "joins")
        make(GATE, "joins")
        self.refused(send(GATE, "POST", "/networks/odd/connect", {"Container": "joins"}),
                     "reference.network")


class Forms(Doors):
    """The Engine takes parameters from a form's body and prefers them to the query's."""

    FORM = {"Content-Type": "application/x-www-form-urlencoded"}

    def test_a_rename_by_a_form(self):
        self.addCleanup(remove, "asked", "formed", "plain")
        make(ENGINE, "plain")
        self.done(send(ENGINE, "POST", "/containers/plain/rename?name=asked", b"name=formed",
                       self.FORM))
        self.assertIsNotNone(ENGINE.get("/containers/formed/json"))
        status, answer = send(GATE, "POST", "/containers/formed/rename?name=asked", b"name=third",
                              self.FORM)
        self.assertEqual(status, 415, answer)
        self.assertIsNotNone(ENGINE.get("/containers/formed/json"))

    def test_every_operation_refuses_a_form(self):
        for target in ("/build?networkmode=none", "/images/create?fromImage=a&tag=b",
                       f"/images/{IMAGE}/tag?repo=a", "/containers/prune", "/volumes/prune",
                       "/containers/x/kill", "/containers/x/stop", "/commit?container=x"):
            for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
                status, answer = send(GATE, "POST", target, b"networkmode=host",
                                      {"Content-Type": kind})
                self.assertEqual(status, 415, (target, answer))


class ProcessLists(Doors):
    """ps runs as root on the host, and an error of the Engine's tells what it found."""

    def setUp(self):
        self.addCleanup(remove, "listed")
        make(ENGINE, "listed")
        self.done(send(ENGINE, "POST", "/containers/listed/start"))
        self.other = subprocess.Popen(["sleep", "1000"],
                                      env={"PATH": "/bin:/usr/bin", "TOKEN": "of-the-host"})
        self.addCleanup(self.other.wait)
        self.addCleanup(self.other.kill)

    def top(self, where, arguments):
        return send(where, "GET", "/containers/listed/top?ps_args=" + urllib.parse.quote(arguments))

    def test_the_environment_of_a_process_of_the_host(self):
        columns = ["tty", "stat", "ni", "pri", "psr"]
        asked = [f"e -p {self.other.pid} -o args:4000,{','.join(columns[:n])},pid"
                 for n in range(1, 6)]
        told = "".join(self.top(ENGINE, arguments)[1] for arguments in asked)
        self.assertIn("of-the-host", told)
        for gate in (GATE, self.gate_named("read-only")):
            for arguments in asked:
                self.refused(self.top(gate, arguments), "container.ps_args")

    def test_a_containers_own_processes_are_listed_as_ever(self):
        for arguments in ((), ("aux",), ("-ef",), ("-o", "pid,cmd"), ("-eo", "pid,comm"),
                          ("axo", "user,pid,args")):
            bare, gated = (where.docker("top", "listed", *arguments).stdout.decode()
                           for where in (ENGINE, GATE))
            self.assertIn("sleep", gated)
            self.assertEqual(gated.split()[:2], bare.split()[:2])
            self.assertEqual(len(gated.splitlines()), 2, gated)


class Limits(Doors):
    """What `restricted` requires, and what would lift it again."""

    HOST = {"CapDrop": ["ALL"], "SecurityOpt": ["no-new-privileges"], "ReadonlyRootfs": True,
            "Memory": 64 << 20, "PidsLimit": 100, "NanoCpus": 100_000_000, "NetworkMode": "none"}

    def setUp(self):
        self.gate = self.gate_named("restricted")
        self.addCleanup(remove, "limited")

    def body(self, user="1000", **host):
        return {"Image": IMAGE, "Cmd": ["sleep", "1000"], "User": user,
                "HostConfig": {**self.HOST, **host}}

    def quota(self):
        return ENGINE.get("/containers/limited/json")["HostConfig"]["CpuQuota"]

    def test_processors_without_end_by_a_negative_quota(self):
        self.done(send(ENGINE, "POST", f"{CREATE}?name=limited", self.body(CpuQuota=-1)))
        self.assertEqual(self.quota(), -1)
        remove("limited")
        self.refused(send(self.gate, "POST", CREATE, self.body(CpuQuota=-1)),
                     "container.require.cpus")
        self.done(send(self.gate, "POST", f"{CREATE}?name=limited", self.body()))
        update = ("POST", "/containers/limited/update", {"CpuQuota": -1})
        self.refused(send(self.gate, *update), "container.require.cpus")
        self.assertEqual(self.quota(), 0)
        self.done(send(ENGINE, *update))
        self.assertEqual(self.quota(), -1)
        self.refused(send(self.gate, "POST", "/containers/limited/start"),
                     "container.require.cpus")

    def test_processors_by_a_quota_in_their_place(self):
        self.done(send(self.gate, "POST", f"{CREATE}?name=limited",
                       self.body(NanoCpus=0, CpuQuota=20_000)))
        self.done(send(self.gate, "POST", "/containers/limited/start"))

    def test_a_group_that_stands_beside_the_user(self):
        self.done(send(ENGINE, "POST", f"{CREATE}?name=limited", self.body(user="1000:0")))
        remove("limited")
        self.refused(send(self.gate, "POST", CREATE, self.body(user="1000:0")),
                     "container.group_add")
        self.done(send(self.gate, "POST", f"{CREATE}?name=limited", self.body(user="1000:1000")))
        self.done(send(self.gate, "POST", "/containers/limited/start"))


class Images(Doors):
    """What an image brings along that a request may not ask for."""

    def test_labels(self):
        self.addCleanup(remove, "source", "labelled")
        self.addCleanup(request, ENGINE.socket, "DELETE", "/images/labelled?force=1")
        gate = self.gate_of("container: { allow: { labels: ['ci.*'] } }")
        make(gate, "source", Labels={"ci.job": "1"})
        commit = "/commit?container=source&repo=labelled&changes=LABEL%20traefik.enable%3Dtrue"
        self.refused(send(gate, "POST", commit), "container.labels")
        self.done(send(ENGINE, "POST", commit))
        body = {"Image": "labelled", "HostConfig": {"NetworkMode": "none"}}
        self.refused(send(gate, "POST", CREATE, body), "reference.image")
        made = make(ENGINE, "labelled", Image="labelled")
        self.assertEqual(ENGINE.get(f"/containers/{made}/json")["Config"]["Labels"],
                         {"ci.job": "1", "traefik.enable": "true"})
        self.refused(send(gate, "POST", "/containers/labelled/start"), "container.labels")
        self.done(send(gate, "POST", "/containers/source/start"))

    def test_a_health_check_is_a_command(self):
        self.addCleanup(remove, "checked")
        gate = self.gate_of("container: { allow: { command: ['sleep *'], entrypoint: [] } }")
        check = {"Test": ["CMD-SHELL", "echo arbitrary"], "Interval": 10**9}
        made = make(ENGINE, "checked", Healthcheck=check)
        self.done(send(ENGINE, "POST", "/containers/checked/start"))
        give_up = time.monotonic() + 20
        said = ""
        while "arbitrary" not in said and time.monotonic() < give_up:
            said = json.dumps(ENGINE.get(f"/containers/{made}/json")["State"].get("Health"))
            time.sleep(0.2)
        self.assertIn("arbitrary", said)
        body = {"Image": IMAGE, "Cmd": ["sleep", "9"], "Healthcheck": check,
                "HostConfig": {"NetworkMode": "none"}}
        self.refused(send(gate, "POST", CREATE, body), "container.command")
        self.refused(send(gate, "POST", "/containers/checked/restart"), "container.command")
        remove("checked")
        make(gate, "checked", Healthcheck={"Test": ["NONE"]})

    def test_a_build_runs_on_the_bridge_where_nobody_names_a_network(self):
        gate = self.gate_of("container: { allow: { network_mode: [none] } }")
        build = tar_of("Dockerfile", f"FROM {IMAGE}\nRUN true\n".encode())
        kind = {"Content-Type": "application/x-tar"}
        self.refused(send(gate, "POST", "/build", build, kind), "container.network_mode")
        self.done(send(gate, "POST", "/build?networkmode=none", build, kind))


class Leaks(Doors):
    def test_profiles_of_the_engine(self):
        self.assertIn("cmdline", self.done(send(ENGINE, "GET", "/debug/vars")))
        self.refused(send(GATE, "GET", "/debug/vars"), "operation.refused")
        self.refused(send(GATE, "GET", "/debug/pprof/profile?seconds=1"), "operation.refused")

    def test_join_tokens_and_configs(self):
        for target in ("/swarm", "/swarm/unlockkey", "/configs", "/secrets", "/nodes", "/tasks"):
            self.refused(send(GATE, "GET", target), "operation.refused")


class Plugins(Doors):
    def test_a_plugin_from_an_archive_asks_for_no_privileges(self):
        """The Engine unpacks it; what it may do is in it, and is asked of nobody."""
        data = io.BytesIO()
        config = json.dumps({"entrypoint": ["/x"], "interface": {"types": ["docker.volumedriver/1.0"],
                             "socket": "p.sock"}, "mounts": [{"source": "/", "destination": "/h",
                             "type": "bind", "options": ["rbind"]}]}).encode()
        with tarfile.open(fileobj=data, mode="w") as archive:
            entry = tarfile.TarInfo("config.json")
            entry.size = len(config)
            archive.addfile(entry, io.BytesIO(config))
            folder = tarfile.TarInfo("rootfs")
            folder.type = tarfile.DIRTYPE
            folder.mode = 0o755
            archive.addfile(folder)
        sent = ("POST", "/plugins/create?name=door:1", data.getvalue(),
                {"Content-Type": "application/x-tar"})
        self.done(send(ENGINE, *sent))
        self.assertEqual(ENGINE.get("/plugins/door:1/json")["Config"]["Mounts"][0]["Source"], "/")
        request(ENGINE.socket, "DELETE", "/plugins/door:1?force=1")
        self.refused(send(GATE, *sent), "operation.refused")
        self.assertIsNone(ENGINE.get("/plugins/door:1/json"))


class Checkpoints(Doors):
    """Engine 20.10 has these only with experimental features, and says so: 501 and 400."""

    def test_the_engine_does_not_have_them_and_the_gate_does_not_ask(self):
        self.addCleanup(remove, "frozen")
        make(ENGINE, "frozen")
        body = {"CheckpointID": "c", "CheckpointDir": "/etc"}
        self.assertIn(send(ENGINE, "POST", "/containers/frozen/checkpoints", body)[0], (404, 501))
        self.refused(send(GATE, "POST", "/containers/frozen/checkpoints", body),
                     "operation.refused")
        self.refused(send(GATE, "POST", "/containers/frozen/start?checkpoint=c&checkpoint-dir=/tmp"),
                     "container.checkpoint")


TALK = r"""
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
int main(int, char** arguments) {
  sockaddr_un peer{};
  peer.sun_family = AF_UNIX;
  std::strncpy(peer.sun_path, arguments[1], sizeof peer.sun_path - 1);
  const int talk = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(talk, reinterpret_cast<sockaddr*>(&peer), sizeof peer) != 0) return 1;
  char bytes[4096];
  for (ssize_t n; (n = read(0, bytes, sizeof bytes)) > 0;) if (write(talk, bytes, n) != n) return 2;
  for (ssize_t n; (n = read(talk, bytes, sizeof bytes)) > 0;) if (write(1, bytes, n) != n) return 3;
}
"""


class SocketSubstitution(Doors):
    """`docker_socket: dockgate`: who asks for the Engine's socket gets dockgate's."""

    CONFIG = """
engine: unix://{engine}
listen: [{{ address: "unix://{socket}" }}]
client_sockets: FOLDER
audit: {{ file: {audit} }}
clients:
  - {{ name: nobody, unix: {{ uid: 4242 }}, policy: observe }}
  - {{ name: jobs, policy: jobs }}
policies:
  jobs: {{ extends: baseline, container: {{ set: {{ docker_socket: dockgate }} }} }}
"""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="dockgate-sockets-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.gate = Gate(ENGINE.socket, config=self.CONFIG.replace("FOLDER", self.folder))
        self.addCleanup(self.gate.stop)
        self.addCleanup(remove, "inner")

    def talker(self):
        """A program that needs nothing: standard input to a Unix socket, its answer back."""
        source = pathlib.Path(self.folder, "talk.cpp")
        source.write_text(TALK)
        subprocess.check_call(["g++", "-O1", "-static", "-o", f"{self.folder}/talk", source])
        return f"{self.folder}/talk"

    def test_a_container_reaches_the_gate_where_it_asked_for_the_engine(self):
        self.assertEqual(os.stat(f"{self.folder}/jobs").st_mode & 0o777, 0o700)
        make(self.gate, "inner", {"Binds": ["/var/run/docker.sock:/var/run/docker.sock"]})
        inspected = ENGINE.get("/containers/inner/json")
        self.assertEqual(inspected["HostConfig"]["Binds"],
                         [f"{self.folder}/jobs/docker.sock:/var/run/docker.sock"])
        self.done(send(self.gate, "POST", "/containers/inner/start"))
        self.gate.docker("cp", self.talker(), "inner:/talk")
        body = b'{"HostConfig":{"Privileged":true}}'
        said = self.gate.docker("exec", "-i", "inner", "/talk", "/var/run/docker.sock", stdin=(
            b"GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n"
            b"POST /v1.41/containers/create HTTP/1.1\r\nHost: d\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)))
        self.assertIn(b"200 OK", said.stdout)
        self.assertIn(b"container.privileged", said.stdout)
        self.assertTrue(any(record["client"]["name"] == "jobs" and
                            record["listener"].endswith("/jobs/docker.sock")
                            for record in self.gate.records()))

    def test_another_clients_socket_cannot_be_mounted(self):
        body = {"Image": IMAGE, "HostConfig": {
            "NetworkMode": "none", "Binds": [f"{self.folder}/other/docker.sock:/s"]}}
        self.refused(send(self.gate, "POST", CREATE, body), "container.bind_mounts")


if __name__ == "__main__":
    unittest.main()
