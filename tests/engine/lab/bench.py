"""What a test case starts from: the Engine of this run, empty but for its images, and a gate."""

import json
import os
import unittest
from pathlib import Path

from lab import wire
from lab.engine import Engine
from lab.gate import Gate
from lab.images import BOX
from lab.keeper import SKIP

PREDEFINED_NETWORKS = {"bridge", "host", "none"}
_own_engine = None


def engine_state() -> dict:
    """Where the Engine of this ctest run is; without ctest, one that ends with this process."""
    state = os.environ.get("DOCKGATE_ENGINE_STATE")
    if state:
        return json.loads(Path(state).read_text())
    global _own_engine
    if _own_engine is None:
        _own_engine = Engine().start()
        unittest.addModuleCleanup(_own_engine.stop)
    return {"socket": _own_engine.socket, "dockerd": _own_engine.process_id()}


class OnTheBench(unittest.TestCase):
    """`engine_socket` is the bare Engine's; `gate` stands in front of it, with `baseline`."""

    @classmethod
    def setUpClass(cls):
        if os.environ.get(SKIP) == "1":
            raise unittest.SkipTest(f"{SKIP}=1: this needs a real Engine")
        state = engine_state()
        cls.engine_socket, cls.dockerd = state["socket"], state["dockerd"]
        sweep(cls.engine_socket)
        cls.gate = Gate(cls.engine_socket)
        cls.addClassCleanup(cls.gate.stop)

    def setUp(self):
        self.addCleanup(sweep, self.engine_socket)


def objects(engine_socket: str) -> dict[str, set[str]]:
    """Everything the Engine has, by kind."""
    def listed(target, names):
        return {name for item in wire.ask(engine_socket, "GET", target).json()
                for name in names(item)}

    volumes = wire.ask(engine_socket, "GET", "/volumes").json()["Volumes"] or []
    return {
        "containers": listed("/containers/json?all=1", lambda c: [c["Id"]]),
        "networks": listed("/networks", lambda n: [n["Id"]]) - _predefined(engine_socket),
        "volumes": {volume["Name"] for volume in volumes},
        "images": listed("/images/json?all=1", lambda i: [i["Id"]]),
        "tags": listed("/images/json", lambda i: i["RepoTags"] or []) - {"<none>:<none>"},
        "plugins": listed("/plugins", lambda p: [p["Id"]]),
    }


def sweep(engine_socket: str):
    """Leaves nothing but the predefined networks and the image `box`."""
    found = objects(engine_socket)
    for container in found["containers"]:
        wire.ask(engine_socket, "DELETE", f"/containers/{container}?force=1&v=1")
    for network in found["networks"]:
        wire.ask(engine_socket, "DELETE", f"/networks/{network}")
    for volume in found["volumes"]:
        wire.ask(engine_socket, "DELETE", f"/volumes/{volume}?force=1")
    for tag in found["tags"] - {BOX}:
        wire.ask(engine_socket, "DELETE", f"/images/{tag}?force=1")
    dangling = wire.ask(engine_socket, "GET",
                        "/images/json?filters=%7B%22dangling%22%3A%5B%22true%22%5D%7D").json()
    for image in dangling:
        wire.ask(engine_socket, "DELETE", f"/images/{image['Id']}?force=1")


def _predefined(engine_socket: str) -> set[str]:
    return {network["Id"] for network in wire.ask(engine_socket, "GET", "/networks").json()
            if network["Name"] in PREDEFINED_NETWORKS}
