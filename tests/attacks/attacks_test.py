"""Every attack of attacks/*.yaml, against a real Engine through the gate.

An attack is a raw request. First it is made on the bare Engine, where `bare` says what it does
there: the door is open. Then it is made through the gate, which refuses it by the rules that the
file names, and the Engine is asked directly: there is no new container, volume or network.
"""

import glob
import json
import os
import sys
import unittest

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import IMAGE, engine_and_gate, request  # noqa: E402

FOLDER = os.path.dirname(os.path.abspath(__file__))


def load_attacks():
    for path in sorted(glob.glob(f"{FOLDER}/*.yaml")):
        with open(path, encoding="utf-8") as file:
            for attack in yaml.safe_load(file):
                attack["file"] = os.path.basename(path)
                yield attack


def at(document, path):
    """The value at a path of keys and indices, `HostConfig.Binds.0`."""
    for step in path.split("."):
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


class Attacks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine, cls.gate = engine_and_gate(cls.addClassCleanup)
        for name, options in {
            "plain": {},
            "bound": {"HostConfig": {"Binds": ["/etc:/e:ro"], "NetworkMode": "none"}},
            "hosted": {"HostConfig": {"NetworkMode": "host"}},
        }.items():
            body = {"Image": IMAGE, "Cmd": ["sleep", "1000"],
                    "HostConfig": {"NetworkMode": "none"}, **options}
            cls.make(f"/containers/create?name={name}", body)
            request(cls.engine.socket, "POST", f"/containers/{name}/start")
        cls.words = {
            "IMAGE": IMAGE,
            "HOST_NETWORK_ID": cls.engine.get("/networks/host")["Id"],
            "BOUND_ID": cls.engine.get("/containers/bound/json")["Id"][:12],
            "HOSTED_ID": cls.engine.get("/containers/hosted/json")["Id"][:12],
        }
        cls.make("/volumes/create", {"Name": "door", "DriverOpts": {
            "type": "none", "o": "bind", "device": "/etc"}})

    @classmethod
    def make(cls, target, body):
        status, answer = request(cls.engine.socket, "POST", target, json.dumps(body))
        assert status == 201, answer

    def state(self):
        networks = {n["Id"] for n in self.engine.get("/networks")}
        return self.engine.containers(), self.engine.volumes(), networks

    def filled(self, text):
        for word, meant in self.words.items():
            text = text.replace(word, meant)
        return text

    def send(self, socket, attack):
        body = None
        if "body" in attack:
            body = self.filled(attack["body"]).encode(attack.get("encoding", "utf-8"))
        return request(socket, attack.get("method", "POST"),
                       attack.get("target", "/v1.41/containers/create"), body,
                       attack.get("headers"))

    def show_open(self, attack):
        """The door is open on the bare Engine; what went through is removed."""
        before = self.state()
        status, answer = self.send(self.engine.socket, attack)
        self.assertLess(status, 300, answer)
        for container in self.engine.containers() - before[0]:
            inspected = self.engine.get(f"/containers/{container}/json")
            for path, value in attack["bare"].items():
                wanted = self.filled(value) if isinstance(value, str) else value
                self.assertEqual(at(inspected, path), wanted)
            request(self.engine.socket, "DELETE", f"/containers/{container}?force=1&v=1")
        for volume in self.engine.volumes() - before[1]:
            request(self.engine.socket, "DELETE", f"/volumes/{volume}?force=1")
        for network in self.state()[2] - before[2]:
            request(self.engine.socket, "DELETE", f"/networks/{network}")

    def show_closed(self, attack):
        before = self.state()
        status, answer = self.send(self.gate.socket, attack)
        self.assertGreaterEqual(status, 400, answer)
        message = json.loads(answer)["message"]
        for rule in attack["rules"]:
            self.assertIn(f"({rule}", message)
        self.assertEqual(self.state(), before)

    def test_there_are_many(self):
        self.assertGreaterEqual(len(list(load_attacks())), 60)


def test_of(attack):
    def test(self):
        if "bare" in attack:
            self.show_open(attack)
        self.show_closed(attack)

    test.__doc__ = attack["name"]
    return test


for number, one in enumerate(load_attacks()):
    words = "".join(c if c.isalnum() else "_" for c in one["name"])
    setattr(Attacks, f"test_{one['file'].split('.')[0]}_{number:03}_{words}", test_of(one))

if __name__ == "__main__":
    unittest.main()
