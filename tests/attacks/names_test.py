#!/usr/bin/env python3
"""What is reached under another name: through links, by ids, and by who was asked first.

Each test opens its door on the bare Engine or with the host's own means first.
"""

import os
import pathlib
import shutil
import socket
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.attacks import doors_test as doors  # noqa: E402
from tests.attacks.doors_test import CREATE, make, remove, send  # noqa: E402
from tests.support.gate import IMAGE, Gate, engine_and_gate, request, wait_until  # noqa: E402


def setUpModule():
    doors.ENGINE, doors.GATE = engine_and_gate(unittest.addModuleCleanup)


CONFIG = """
engine: unix://ENGINE
host_root: /
listen: [{{ address: "unix://{socket}" }}]
client_sockets: FOLDER/clients
audit: {{ file: AUDIT }}
clients: [{{ name: jobs, policy: jobs }}]
policies: {{ jobs: {{ extends: baseline, container: {{ allow: {{ ALLOW }} }} }} }}
"""


class Named(doors.Doors):
    def gate(self, allow, engine=None, audit="{audit}"):
        config = CONFIG.replace("ALLOW", allow).replace("FOLDER", str(self.folder))
        config = config.replace("ENGINE", str(engine or doors.ENGINE.socket))
        gate = Gate(doors.ENGINE.socket, config=config.replace("AUDIT", audit))
        self.addCleanup(gate.stop)
        return gate

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dockgate-names-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def create(self, gate, binds, name=None):
        body = {"Image": IMAGE, "HostConfig": {"NetworkMode": "none", "Binds": binds}}
        return send(gate, "POST", CREATE + (f"?name={name}" if name else ""), body)


class Listings(Named):
    """A listed folder that containers write to, under another name than it is listed by."""

    def test_a_container_moves_another_entry(self):
        (self.folder / "jobs/tools").mkdir(parents=True)
        (self.folder / "alias").symlink_to(self.folder / "jobs")
        gate = self.gate(f"bind_mounts: [{{{{ source: {self.folder}/alias, access: rw }}}}, "
                         f"{{{{ source: {self.folder}/jobs/tools/**, access: rw }}}}]")
        self.addCleanup(remove, "planter")
        self.done(self.create(gate, [f"{self.folder}/alias:/m"], "planter"))
        (self.folder / "jobs/tools").rmdir()  # as the container could: it has this folder
        (self.folder / "jobs/tools").symlink_to("/")
        self.assertEqual(os.path.realpath(self.folder / "jobs/tools/root"), "/root")
        self.refused(self.create(gate, [f"{self.folder}/jobs/tools/root:/m"]),
                     "container.bind_mounts")

    def test_dockgates_own_files_and_the_engines_socket_under_another_name(self):
        (self.folder / "srv/logs").mkdir(parents=True)
        (self.folder / "lg").symlink_to(self.folder / "srv/logs")
        (self.folder / "docker.sock").symlink_to(doors.ENGINE.socket)
        engine = doors.ENGINE.socket.parent
        gate = self.gate(f"bind_mounts: [{{{{ source: {self.folder}/srv/**, access: rw }}}}, "
                         f"{{{{ source: {engine}/**, access: rw }}}}]",
                         engine=self.folder / "docker.sock",
                         audit=str(self.folder / "lg/audit.jsonl"))
        self.refused(self.create(gate, [f"{self.folder}/srv/logs:/m"]),
                     "container.bind_mounts.dangerous")
        self.refused(self.create(gate, [f"{self.folder}/srv/logs/audit.jsonl:/m"]),
                     "container.bind_mounts.dangerous")
        self.refused(self.create(gate, [f"{doors.ENGINE.socket}:/s"]),
                     "container.bind_mounts.runtime_socket")
        (self.folder / "srv/other").mkdir()
        self.addCleanup(remove, "other")
        self.done(self.create(gate, [f"{self.folder}/srv/other:/m"], "other"))

    def test_dockgates_own_files_beneath_a_pattern_for_everything(self):
        gate = self.gate("bind_mounts: [{{ source: /**, access: rw }}]")
        rotated = gate.folder / "audit.jsonl.20261124T153000Z-4711"
        rotated.touch()
        beside = gate.folder / "beside"
        beside.mkdir()
        self.addCleanup(remove, "open", "beside")
        for own in (gate.config, gate.socket, gate.audit, rotated, gate.folder,
                    self.folder / "clients"):
            with self.subTest(own.name):
                self.done(self.create(doors.ENGINE, [f"{own}:/m"], "open"))
                remove("open")
                self.refused(self.create(gate, [f"{own}:/m:ro"]), "container.bind_mounts.dangerous")
        self.done(self.create(gate, [f"{beside}:/m"], "beside"))

    def test_a_name_with_a_colon_behind_a_link(self):
        (self.folder / "job/x:/y").mkdir(parents=True)
        (self.folder / "job/link").symlink_to(self.folder / "job/x:/y")
        gate = self.gate(f"bind_mounts: [{{{{ source: {self.folder}/**, access: rw }}}}]")
        self.refused(self.create(gate, [f"{self.folder}/job/link:/m"]), "container.bind_mounts")


class NetworksByOtherNames(Named):
    def setUp(self):
        super().setUp()
        self.listed = self.gate('network_mode: [none, "ci-*"]')
        for name in ("ci-a", "prod"):
            status, answer = send(doors.ENGINE, "POST", "/networks/create", {"Name": name})
            self.assertEqual(status, 201, answer)
            self.addCleanup(request, doors.ENGINE.socket, "DELETE", f"/networks/{name}")
        self.prod = doors.ENGINE.get("/networks/prod")["Id"]
        self.addCleanup(remove, "web")

    def networks_of(self, container):
        found = doors.ENGINE.get(f"/containers/{container}/json")["NetworkSettings"]["Networks"]
        return {network["NetworkID"] for network in found.values()}

    def test_a_container_on_a_listed_network_starts(self):
        make(self.listed, "web", {"NetworkMode": "ci-a"})
        self.done(send(self.listed, "POST", "/containers/web/start"))
        self.assertEqual(self.networks_of("web"), {doors.ENGINE.get("/networks/ci-a")["Id"]})

    def test_connecting_to_a_network_that_is_not_listed(self):
        make(self.listed, "web", {"NetworkMode": "ci-a"})
        self.done(send(self.listed, "POST", "/containers/web/start"))
        for name in ("prod", self.prod, self.prod[:12]):
            self.refused(send(self.listed, "POST", f"/networks/{name}/connect",
                              {"Container": "web"}), "container.network_mode")
        self.assertNotIn(self.prod, self.networks_of("web"))

    def test_an_id_beside_the_name(self):
        """The Engine takes the id: the container would be on `prod`."""
        make(doors.ENGINE, "web", {"NetworkMode": "ci-a"})
        self.done(send(doors.ENGINE, "POST", "/containers/web/start"))
        beside = {"Container": "web", "EndpointConfig": {"NetworkID": self.prod}}
        self.done(send(doors.ENGINE, "POST", "/networks/ci-a/disconnect", {"Container": "web"}))
        self.done(send(doors.ENGINE, "POST", "/networks/ci-a/connect", beside))
        self.assertIn(self.prod, self.networks_of("web"))
        remove("web")
        make(self.listed, "web", {"NetworkMode": "ci-a"})
        self.done(send(self.listed, "POST", "/containers/web/start"))
        self.done(send(doors.ENGINE, "POST", "/networks/ci-a/disconnect", {"Container": "web"}))
        self.done(send(self.listed, "POST", "/networks/ci-a/connect", beside))
        self.assertNotIn(self.prod, self.networks_of("web"))


    def test_the_hosts_network_beside_the_name_of_another(self):
        host = doors.ENGINE.get("/networks/host")["Id"]
        body = {"Image": IMAGE, "HostConfig": {"NetworkMode": "none"}, "NetworkingConfig": {
            "EndpointsConfig": {"none": {"NetworkID": host}}}}
        for where, network in ((doors.ENGINE, host), (doors.GATE, "")):
            self.done(send(where, "POST", f"{CREATE}?name=web", body))
            found = doors.ENGINE.get("/containers/web/json")["NetworkSettings"]["Networks"]
            self.assertEqual(found["none"]["NetworkID"], network)
            remove("web")


class Turns(Named):
    def test_a_prune_whose_answer_nobody_reads_holds_up_nobody(self):
        for number in range(1800):  # more than sockets hold of the answer that names them
            self.done(send(doors.ENGINE, "POST", "/volumes/create",
                           {"Name": f"{number}-" + "n" * 240}))
        deaf = socket.socket(socket.AF_UNIX)
        self.addCleanup(deaf.close)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        deaf.connect(str(doors.GATE.socket))
        deaf.sendall(b"POST /v1.41/volumes/prune HTTP/1.1\r\nHost: d\r\n\r\n")
        wait_until(lambda: not [v for v in doors.ENGINE.volumes() if v.endswith("nnn")])
        status, answer = send(doors.GATE, "POST", "/volumes/create", {"Name": "mine"})
        self.assertEqual(status, 201, answer)


class LookUps(Named):
    def test_one_request_that_looks_at_very_much(self):
        """As many look-ups as there are beginnings of one id, each of a large object."""
        labels = {"l": "x" * (3 << 20)}
        made = make(doors.GATE, "large", Labels=labels)
        self.addCleanup(remove, "large")
        body = {"Image": IMAGE, "HostConfig": {
            "NetworkMode": "none", "VolumesFrom": [made[:length] for length in range(10, 64)]}}
        self.refused(send(doors.GATE, "POST", CREATE, body), "reference.unresolved")


if __name__ == "__main__":
    unittest.main()
