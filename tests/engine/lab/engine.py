"""An Engine of the tests' own: Debian's dockerd in namespaces of its own.

In its own PID namespace, all of it (containerd, shims, containers) ends with one process; in its
own mount namespace no mount outlives it; in its own network namespace it can make bridges without
touching the machine's links.
"""

import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

from lab import children, images, waiting, wire

START_LIMIT = 60
# `unshare` is process 1's parent; what runs before dockerd gives its namespace a loopback link.
NAMESPACES = ["unshare", "--mount", "--pid", "--net", "--fork", "--mount-proc", "--kill-child"]
WITH_LOOPBACK = ["sh", "-c", 'ip link set lo up && exec "$@"', "sh"]


class EngineFailed(Exception):
    pass


class Engine:
    """A running Engine with the image `box`; nothing of it is left after `stop`."""

    def __init__(self):
        if os.geteuid() != 0:
            raise EngineFailed("a private Engine needs root; "
                               "DOCKGATE_TESTS_WITHOUT_ENGINE=1 skips these tests")
        if shutil.which("dockerd") is None:
            raise EngineFailed("no dockerd; Debian has it in docker.io")
        self.directory = Path(tempfile.mkdtemp(prefix="dockgate-lab-"))
        self.socket = str(self.directory / "engine.sock")
        self._log = self.directory / "dockerd.log"
        self._process = None

    def start(self):
        with self._log.open("wb") as log:
            self._process = children.start(NAMESPACES + WITH_LOOPBACK + self._dockerd(),
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            waiting.until(self._answers, "the private Engine", START_LIMIT)
            images.import_box(self.socket)
        except Exception as problem:
            tail = self._log.read_text(errors="replace")[-3000:]
            self.stop()
            raise EngineFailed(f"{problem}\n{tail}") from problem
        return self

    def stop(self):
        """Ends the containers first, so that their cgroups are removed by who made them."""
        if self._process is not None:
            self._end_dockerd()
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def process_id(self) -> int:
        """dockerd's process id as this machine counts; its namespaces are the Engine's."""
        with socket.socket(socket.AF_UNIX) as stream:
            stream.connect(self.socket)
            peer = stream.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
            return struct.unpack("3i", peer)[0]

    def _dockerd(self) -> list[str]:
        return ["dockerd", "--host", f"unix://{self.socket}",
                "--data-root", str(self.directory / "data"),
                "--exec-root", str(self.directory / "exec"),
                "--pidfile", str(self.directory / "dockerd.pid"),
                "--bridge=none", "--iptables=false", "--ip6tables=false",
                "--shutdown-timeout", "2"]

    def _end_dockerd(self):
        """unshare does not pass SIGTERM on, so dockerd itself is told."""
        try:
            os.kill(self.process_id(), signal.SIGTERM)
            self._process.wait(20)
        except (OSError, subprocess.TimeoutExpired):
            pass

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise EngineFailed("dockerd ended while it started")
        try:
            return wire.ask(self.socket, "GET", "/_ping").status == 200
        except OSError:
            return False
