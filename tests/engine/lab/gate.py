"""dockgate in front of an Engine, as an operator starts it."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

from lab import children, waiting, wire

POLICY = "baseline"


def program() -> str:
    """The dockgate that is tested: the environment's DOCKGATE."""
    path = os.environ.get("DOCKGATE", "")
    if not path:
        raise RuntimeError("set DOCKGATE to the program that is to be tested")
    return path


class Gate:
    def __init__(self, engine_socket: str, policy: str = POLICY):
        self._directory = tempfile.TemporaryDirectory(prefix="dockgate-gate-")
        directory = Path(self._directory.name)
        self.socket = str(directory / "gate.sock")
        self.audit_file = directory / "audit.jsonl"
        self._log = directory / "log"
        with self._log.open("wb") as log:
            self.process = children.start(
                [program(), "serve", "--engine", f"unix://{engine_socket}",
                 "--listen", f"unix://{self.socket}", "--policy", policy,
                 "--audit", str(self.audit_file)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        waiting.until(self._answers, "dockgate to answer")

    def stop(self) -> int:
        """Ends it as an operator would. Returns its exit status."""
        try:
            return children.stop(self.process)
        finally:
            self._directory.cleanup()

    def audit(self) -> list[dict]:
        return [json.loads(line) for line in self.audit_file.read_text().splitlines()]

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def peak_memory(self) -> int:
        """The most that was resident so far, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"dockgate ended with {self.process.returncode}:\n{self.log()}")
        try:
            return wire.ask(self.socket, "GET", "/_ping").status == 200
        except OSError:
            return False
