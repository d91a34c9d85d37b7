"""Scripts with dockerode, each on the bare Engine and through the gate: what they see is the same.

They stand in dockerode_test.js. npm fetches the library into a folder of the build, once.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../.."))

from tests.support.gate import engine_and_gate, environment, request, without_ids  # noqa: E402

SCRIPTS = pathlib.Path(__file__).with_suffix(".js")
FOLDER = pathlib.Path(os.environ.get("DOCKGATE_TESTS_NPM", "build/npm")).absolute()
VERSION = "5.0.1"


def install():
    """dockerode of that one version; what it brings along runs nothing while it is installed."""
    package = FOLDER / "node_modules/dockerode/package.json"
    if package.exists() and json.loads(package.read_text())["version"] == VERSION:
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    subprocess.run(["npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts",
                    "--prefix", FOLDER, f"dockerode@{VERSION}"], check=True, cwd=FOLDER,
                   stdout=subprocess.DEVNULL, timeout=300)


def setUpModule():
    global ENGINE, GATE
    install()
    ENGINE, GATE = engine_and_gate(unittest.addModuleCleanup)


def sweep():
    """Leaves the Engine as it was, whatever a script had made."""
    for container in ENGINE.containers():
        request(ENGINE.socket, "DELETE", f"/containers/{container}?force=1&v=1")
    for kind in ("volumes", "networks"):
        request(ENGINE.socket, "POST", f"/{kind}/prune")


class Scripts(unittest.TestCase):
    def run_on(self, socket, script):
        try:
            done = subprocess.run(
                ["node", SCRIPTS, script], capture_output=True, text=True, timeout=60,
                env=dict(environment(socket), NODE_PATH=FOLDER / "node_modules"))
        finally:
            sweep()
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(without_ids(done.stdout))

    def same(self, script):
        without = self.run_on(ENGINE.socket, script)
        self.assertEqual(self.run_on(GATE.socket, script), without)

    def test_refused(self):
        refusals = self.run_on(GATE.socket, "refused")
        for (status, message), rule in zip(refusals, (
                "container.privileged", "container.bind_mounts.runtime_socket", "exec.privileged",
                "container.compressed_archive"), strict=True):
            self.assertEqual(status, 403)
            self.assertIn(f"({rule}", message)


def test_of(script):
    return lambda self: self.same(script)


for name in re.findall(r"^  async (\w+)\(\)", SCRIPTS.read_text(), re.MULTILINE):
    if name != "refused":
        setattr(Scripts, f"test_{name}", test_of(name))


if __name__ == "__main__":
    unittest.main()
