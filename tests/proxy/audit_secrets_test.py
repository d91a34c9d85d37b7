"""Secrets that clients give the Engine are in nothing that dockgate writes: not in the trail, the
program's log, syslog, the journal, nor in what `dockgate audit` makes of the trail. Each is planted
under a mark of its own, by a policy that refuses and by one that lets everything through and records
every reason."""

import base64
import json
import os
import socket
import struct
import sys
import tempfile
import threading
import unittest
from urllib.parse import quote

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.proxy.audit_show_test import audit  # noqa: E402
from tests.support.gate import request  # noqa: E402
from tests.support.with_gate import WithGate, answering  # noqa: E402

CONFIG = """
engine: unix://{engine}
listen: [{{ address: "unix://{socket}" }}]
audit: {{ file: {audit}, syslog: {{ address: "unix://SYSLOG" }}, journal: "unix://JOURNAL" }}
clients: [{{ name: everybody, policy: POLICY }}]
"""


class Plant:
    """Secrets, and where each was planted."""

    def __init__(self):
        self.places = []

    def __call__(self, where):
        self.places.append(where)
        return f"hunter2-{len(self.places):03}-secret"

    def found_in(self, text):
        found = [where for number, where in enumerate(self.places, 1)
                 if f"hunter2-{number:03}" in text]
        # A secret that is encoded is no less one.
        for number, where in enumerate(self.places, 1):
            secret = f"hunter2-{number:03}-secret".encode()
            for shift in range(3):
                part = base64.b64encode(b"x" * shift + secret)[4:-4].decode()
                if part in text:
                    found.append(f"{where}, in Base64")
        return found


def requests_with(plant):
    """(method, target, body, headers) of every operation that is given secrets."""
    auth = {"X-Registry-Auth": base64.b64encode(json.dumps(
        {"username": "u", "password": plant("X-Registry-Auth")}).encode()).decode()}
    config = {"X-Registry-Config": base64.b64encode(json.dumps(
        {"r.example.com": {"password": plant("X-Registry-Config")}}).encode()).decode(),
        "Content-Type": "application/x-tar"}
    data = base64.b64encode(plant("secret data").encode()).decode()
    container = {
        "Image": "a", "Env": [f"P={plant('environment')}"], "Labels": {"l": plant("label")},
        "HostConfig": {
            "Privileged": True,
            "LogConfig": {"Type": "splunk", "Config": {"splunk-token": plant("log option")}},
            "StorageOpt": {"size": plant("storage option")},
            "Annotations": {"a": plant("annotation")},
            "Mounts": [{"Type": "volume", "Source": "v", "Target": "/v", "VolumeOptions": {
                "Labels": {"l": plant("volume label in a mount")},
                "DriverConfig": {"Name": "local", "Options": {
                    "o": f"addr=h,password={plant('volume option in a mount')}"}}}}]},
        "NetworkingConfig": {"EndpointsConfig": {"n": {"DriverOpts": {
            "k": plant("endpoint option")}}}}}
    task = {"ContainerSpec": {"Image": "a", "Env": [f"P={plant('service environment')}"],
                              "Labels": {"l": plant("container label of a service")}},
            "LogDriver": {"Name": "splunk", "Options": {"t": plant("service log option")}}}
    spec = {"Orchestration": {}, "CAConfig": {
        "SigningCAKey": plant("CA key"), "SigningCACert": "c",
        "ExternalCAs": [{"Protocol": "cfssl", "URL": "https://ca.example.com",
                         "Options": {"k": plant("external CA option")}}]}}
    secret_arguments = quote(json.dumps({"A": plant("build argument")}))
    labels = quote(json.dumps({"l": plant("build label")}))
    return [
        ("POST", "/v1.41/containers/create?name=c", container, {"Cookie": plant("cookie")}),
        ("POST", "/v1.41/containers/web/exec",
         {"Cmd": ["sh"], "Env": [f"P={plant('exec environment')}"]}, {}),
        ("POST", "/v1.41/volumes/create",
         {"Name": "v", "Labels": {"l": plant("volume label")}, "Driver": "local", "DriverOpts": {
             "type": "cifs", "o": f"username=u,password={plant('volume option')}"}}, {}),
        ("POST", "/v1.41/networks/create",
         {"Name": "n", "Labels": {"l": plant("network label")},
          "Options": {"com.example.key": plant("network option")},
          "IPAM": {"Options": {"k": plant("IPAM option")}}}, {}),
        ("POST", f"/v1.41/build?buildargs={secret_arguments}&labels={labels}", b"", config),
        ("POST", "/v1.41/build?remote=" + quote(
            f"https://u:{plant('remote context')}@git.example.com/r.git"), b"", config),
        ("POST", "/v1.41/images/create?fromImage=alpine&tag=latest", b"", auth),
        ("POST", "/v1.41/images/create?fromSrc=" + quote(
            f"https://u:{plant('import')}@example.com/a.tar"), b"", auth),
        ("POST", "/v1.41/images/r.example.com/a/push?tag=1", b"", auth),
        ("GET", "/v1.41/distribution/r.example.com/a/json", None, auth),
        ("POST", "/v1.41/commit?container=web&changes=" + quote(
            f"ENV P={plant('commit change')}"), {"Env": [f"Q={plant('commit environment')}"]}, {}),
        ("POST", "/v1.41/auth", {"username": "u", "password": plant("login"),
                                 "identitytoken": plant("identity token"),
                                 "serveraddress": "r.example.com"}, {}),
        ("POST", "/v1.41/secrets/create", {"Name": "s", "Data": data,
                                           "Labels": {"l": plant("secret label")}}, {}),
        ("POST", "/v1.41/configs/create", {"Name": "s", "Data": data}, {}),
        ("POST", "/v1.41/swarm/init", {"ListenAddr": "0.0.0.0:2377", "Spec": spec}, {}),
        ("POST", "/v1.41/swarm/join", {"ListenAddr": "0.0.0.0:2377", "RemoteAddrs": ["h:1"],
                                       "JoinToken": "SWMTKN-1-" + plant("join token")}, {}),
        ("POST", "/v1.41/swarm/unlock", {"UnlockKey": "SWMKEY-1-" + plant("unlock key")}, {}),
        ("POST", "/v1.41/swarm/update?version=1", spec, {}),
        ("POST", "/v1.41/services/create", {"Name": "s", "TaskTemplate": task,
                                            "Labels": {"l": plant("service label")}}, auth),
        ("POST", "/v1.41/plugins/p/set", [f"TOKEN={plant('plugin setting')}"], {}),
        ("POST", "/v1.41/plugins/pull?remote=vieux/sshfs", [], auth),
        ("GET", f"/v1.41/containers/json?token={plant('unknown parameter')}", None, {}),
        ("GET", f"/nothing?token={plant('query of nothing')}", None,
         {"Authorization": "Bearer " + plant("authorization")}),
        ("POST", "/v1.41/containers/create", '{"Image":"a","Env":["P=' + plant("broken JSON"), {}),
        ("POST", "/v1.41/containers/create",
         {"Image": "a", "Nonsense": {"token": plant("unknown field")}}, {}),
        ("POST", "/v1.41/containers/create",
         {"Image": "a", "Env": [{"P": plant("environment of a wrong type")}]}, {}),
        ("POST", "/v1.41/containers/create",
         {"Image": "a", "Env": plant("environment that is a text")}, {}),
    ]


class Listener:
    """A datagram socket that keeps what it is told."""

    def __init__(self, path):
        self.texts = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        try:
            while received := self.socket.recv(1 << 20):
                self.texts.append(received.decode())
        except OSError:
            pass

    def text(self):
        return "\n".join(self.texts)


class Secrets(WithGate):
    def start_with(self, policy, answer=None):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.syslog = Listener(f"{folder.name}/syslog")
        self.journal = Listener(f"{folder.name}/journal")
        for listener in (self.syslog, self.journal):
            self.addCleanup(listener.socket.close)
        config = CONFIG.replace("SYSLOG", f"{folder.name}/syslog")
        config = config.replace("JOURNAL", f"{folder.name}/journal").replace("POLICY", policy)
        self.start(answer or answering(lambda conversation, head: self.answer(conversation, head)),
                   config=config)

    def answer(self, conversation, head):
        conversation.read_body(head)
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        return True

    def outputs(self):
        trail = self.gate.audit
        page = self.gate.folder / "page.html"
        audit("report", trail, "--html", page)
        return {"trail": trail.read_text(), "log": self.gate.log(),
                "syslog": self.syslog.text(), "journal": self.journal.text(),
                "show": audit("show", trail).stdout, "json": audit("show", "--json", trail).stdout,
                "report": audit("report", trail).stdout, "page": page.read_text()}

    def assert_nothing_in_the_open(self, plant):
        for name, text in self.outputs().items():
            self.assertGreater(len(text), 50, name)
            self.assertEqual(plant.found_in(text), [], name)

    def give_away(self, policy):
        self.start_with(policy)
        plant = Plant()
        told = requests_with(plant)
        for method, target, body, headers in told:
            if isinstance(body, (dict, list)):
                body = json.dumps(body)
            request(self.gate.socket, method, target, body, headers)
        seen = {record.get("operation") for record in self.gate.records(len(told))}
        self.assertGreater(len(seen), 17, seen)
        self.assertGreater(len(plant.places), 40)
        self.assert_nothing_in_the_open(plant)

    def test_a_policy_that_refuses_gives_nothing_away(self):
        self.give_away("read-only")

    def test_a_policy_that_allows_much_gives_nothing_away(self):
        self.give_away("baseline")

    def test_a_policy_that_records_every_reason_gives_nothing_away(self):
        self.give_away("observe")

    def test_what_an_exec_is_given_and_gives_back_is_nobodys(self):
        plant = Plant()
        given, back = plant("exec input"), plant("exec output")

        def answer(conversation, _):
            conversation.send(b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n")
            conversation.read_until(given.encode())
            conversation.send(struct.pack(">BxxxI", 1, len(back)) + back.encode())
        self.start_with("observe", answering(answer))
        client = self.connect()
        client.sendall(b"POST /v1.41/containers/web/attach?stream=1&stdin=1 HTTP/1.1\r\nHost: d\r\n"
                       b"Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n")
        self.read_until(client, b"\r\n\r\n")
        client.sendall(given.encode())
        self.read_until(client, back.encode())
        client.close()
        outcome = self.gate.records(2)[1]
        self.assertEqual((outcome["bytes_in"], outcome["bytes_out"]),
                         (len(given), len(back) + 8))
        self.assert_nothing_in_the_open(plant)


if __name__ == "__main__":
    unittest.main()
