"""The unmodified docker CLI, as a user runs it: no configuration, no plugins, one host."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field

from lab import children
from lab.terminal import Terminal

LIMIT = 60


@dataclass
class Outcome:
    arguments: tuple
    status: int
    out: bytes
    err: bytes = b""

    @property
    def text(self) -> str:
        return self.out.decode("utf-8", "replace").strip()


def programs() -> list[str]:
    """Each docker CLI of this machine: the one on PATH, and Debian's where that is another."""
    found = []
    for path in (shutil.which("docker"), "/usr/bin/docker"):
        if path and os.path.exists(path) and os.path.realpath(path) not in found:
            found.append(os.path.realpath(path))
    if not found:
        raise RuntimeError("no docker CLI; Debian has it in docker.io")
    return found


@dataclass
class Docker:
    """One CLI speaking to one socket. What it was asked and how that ended is kept in order."""

    program: str
    socket: str
    transcript: list[Outcome] = field(default_factory=list)

    def __call__(self, *arguments: str, stdin: bytes = b"", limit: float = LIMIT,
                 cwd: str | None = None) -> Outcome:
        done = subprocess.run([self.program, *arguments], input=stdin, capture_output=True,
                              timeout=limit, env=self.environment(), cwd=cwd)
        return self.keep(Outcome(arguments, done.returncode, done.stdout, done.stderr))

    def ok(self, *arguments: str, **options) -> Outcome:
        """As a call, and the command has to end well."""
        outcome = self(*arguments, **options)
        assert outcome.status == 0, f"docker {' '.join(arguments)}: {outcome.err.decode()}"
        return outcome

    def start(self, *arguments: str, **options) -> subprocess.Popen:
        """A command that goes on; the caller ends it or waits for it."""
        pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
        return children.start([self.program, *arguments],
                              **{**pipes, "env": self.environment(), **options})

    def terminal(self, *arguments: str) -> Terminal:
        """The command on a terminal of its own."""
        return Terminal([self.program, *arguments], self.environment())

    def keep(self, outcome: Outcome) -> Outcome:
        self.transcript.append(outcome)
        return outcome

    def environment(self) -> dict:
        return {"PATH": os.environ["PATH"], "HOME": _home(), "DOCKER_CONFIG": _home(),
                "DOCKER_HOST": f"unix://{self.socket}", "DOCKER_BUILDKIT": "0", "TERM": "xterm"}


_homes = []


def _home() -> str:
    if not _homes:
        _homes.append(tempfile.TemporaryDirectory(prefix="dockgate-home-"))
    return _homes[0].name
